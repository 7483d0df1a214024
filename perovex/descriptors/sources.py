"""Works that descriptors come from: one constant per DOI, and what is behind it."""

from __future__ import annotations

from types import MappingProxyType

ATOMIC_WEIGHTS = "10.1515/pac-2019-0603"
BONDI = "10.1021/j100785a001"
CAHN_INGOLD_PRELOG = "10.1002/anie.196603851"
CAO_LIU = "10.1021/ci034266b"
FIGUERAS = "10.1021/ci960013p"
GARCIA_BENITO = "10.3389/fchem.2019.00946"
GLAZER = "10.1107/S0567740872007976"
GOLDSCHMIDT = "10.1007/BF01507527"
HALASYAMANI = "10.1021/cm049297g"
HOFFMAN = "10.1039/D0SC04144K"
IUPAC_HYDROGEN_BOND = "10.1351/PAC-REC-10-01-02"
JANA = "10.1038/s41467-021-25149-7"
KIESLICH = "10.1039/C4SC02211D"
KNUTSON = "10.1021/ic050244q"
LIPINSKI = "10.1016/S0169-409X(00)00129-0"
MAO = "10.1021/jacs.8b10851"
MATMINER = "10.1016/j.commatsci.2018.05.018"
OCTADIST = "10.1039/D0DT03988H"
PAULING = "10.1021/ja01348a011"
ROBINSON = "10.1126/science.172.3983.567"
SHANNON = "10.1107/S0567739476001551"
STANTON = "10.1063/5.0159407"
STEINER = "10.1002/1521-3773(20020104)41:1<48::AID-ANIE48>3.0.CO;2-U"
STOUMPOS = "10.1021/acs.chemmater.6b00847"
TODESCHINI = "10.1002/9783527628766"
TREMBLAY = "10.1021/acs.chemmater.9b01564"
VABC = "10.1021/jo034808o"
VEBER = "10.1021/jm020017n"
WU = "10.1038/s41467-023-44236-5"

REFERENCES = MappingProxyType(
    {
        ATOMIC_WEIGHTS: "Prohaska et al., Pure Appl. Chem. 94, 573 (2022): standard atomic weights",
        BONDI: "Bondi, J. Phys. Chem. 68, 441 (1964): van der Waals radii",
        CAHN_INGOLD_PRELOG: "Cahn, Ingold, Prelog, Angew. Chem. Int. Ed. 5, 385 (1966): R and S",
        CAO_LIU: "Cao, Liu, J. Chem. Inf. Comput. Sci. 44, 678 (2004): topological steric effect index",
        FIGUERAS: "Figueras, J. Chem. Inf. Comput. Sci. 36, 986 (1996): smallest set of smallest rings",
        GARCIA_BENITO: "García-Benito et al., Front. Chem. 7, 946 (2019): fluorinated spacers",
        GLAZER: "Glazer, Acta Cryst. B 28, 3384 (1972): tilts of octahedra and their phases",
        GOLDSCHMIDT: "Goldschmidt, Naturwissenschaften 14, 477 (1926): tolerance factor",
        HALASYAMANI: "Halasyamani, Chem. Mater. 16, 3586 (2004): off-centring within an octahedron",
        HOFFMAN: "Hoffman et al., Chem. Sci. 11, 12139 (2020): ripple of the sheets of a layered halide",
        IUPAC_HYDROGEN_BOND: "Arunan et al., Pure Appl. Chem. 83, 1637 (2011): definition of the hydrogen bond",
        JANA: "Jana et al., Nat. Commun. 12, 4982 (2021): M-X-M angles of layered halides and their disparity",
        KIESLICH: "Kieslich, Sun, Cheetham, Chem. Sci. 5, 4712 (2014): radii of organic cations",
        KNUTSON: "Knutson, Martin, Mitzi, Inorg. Chem. 44, 4699 (2005): in- and out-of-plane bridging distortions",
        LIPINSKI: "Lipinski et al., Adv. Drug Deliv. Rev. 46, 3 (2001): hydrogen-bond donors as OH and NH",
        MAO: "Mao, Stoumpos, Kanatzidis, J. Am. Chem. Soc. 141, 1171 (2019): anatomy of layered hybrid halides",
        MATMINER: "Ward et al., Comput. Mater. Sci. 152, 60 (2018): density features of crystals",
        OCTADIST: "Ketkaew et al., Dalton Trans. 50, 1086 (2021): distortion parameters of octahedra",
        PAULING: "Pauling, J. Am. Chem. Soc. 54, 3570 (1932): electronegativity",
        ROBINSON: "Robinson, Gibbs, Ribbe, Science 172, 567 (1971): quadratic elongation, bond-angle variance",
        SHANNON: "Shannon, Acta Cryst. A 32, 751 (1976): effective ionic radii",
        STANTON: "Stanton, Trivedi, J. Appl. Phys. 133, 244701 (2023): penetration of cations into the inorganic layer",
        STEINER: "Steiner, Angew. Chem. Int. Ed. 41, 48 (2002): geometry of hydrogen bonds in solids",
        STOUMPOS: "Stoumpos et al., Chem. Mater. 28, 2852 (2016): homologous series of layered lead iodides by n",
        TODESCHINI: "Todeschini, Consonni, Molecular Descriptors for Chemoinformatics (2009): counts, sizes, axes",
        TREMBLAY: "Tremblay et al., Chem. Mater. 31, 6145 (2019): offset of successive layers",
        VABC: "Zhao, Abraham, Zissimos, J. Org. Chem. 68, 7368 (2003): van der Waals volume from bonds",
        VEBER: "Veber et al., J. Med. Chem. 45, 2615 (2002): rotatable bonds",
        WU: "Wu et al., Nat. Commun. 15 (2024): steric effect index and eccentricity of spacers",
    }
)
"""Short reference of each DOI."""
