import type { Command, Option } from 'commander';
import type { CommandGrammar, OptionGrammar } from '../../shared/protocol/commandGrammar';

/** What commands there are and what they take, as it was declared. */
export function grammarOf(program: Command, above = ''): CommandGrammar[] {
  return program.commands
    .filter((command) => !isHidden(program, command))
    .flatMap((command) => {
      const name = `${above}${command.name()}`;
      if (command.commands.length > 0) return grammarOf(command, `${name} `);
      return [
        {
          name,
          description: command.description(),
          arguments: command.registeredArguments.map((argument) => ({
            name: argument.name(),
            description: argument.description,
          })),
          options: command.options.filter(({ hidden }) => !hidden).map(optionGrammar),
        },
      ];
    });
}

function optionGrammar(option: Option): OptionGrammar {
  return {
    flag: option.long ?? option.flags,
    description: option.description,
    takesValue: option.required,
    choices: option.argChoices ?? [],
  };
}

function isHidden(program: Command, command: Command): boolean {
  return !program.createHelp().visibleCommands(program).includes(command);
}
