"""A letter means one thing in all commands, and what has one has it wherever it is offered."""

from collections import defaultdict

from tree import commands, parameters


def test_a_letter_and_its_option_belong_together_in_all_commands():
    letters, options = defaultdict(set), defaultdict(set)
    for command in commands():
        for parameter in parameters(command):
            if parameter.option:
                letters[parameter.option].add(parameter.short)
            if parameter.short:
                options[parameter.short].add(parameter.option)
    assert {"-o", "-j", "-n", "-m", "-x"} <= set(options)
    assert {option: sorted(found) for option, found in letters.items() if len(found) > 1} == {}
    assert {letter: sorted(found) for letter, found in options.items() if len(found) > 1} == {}
