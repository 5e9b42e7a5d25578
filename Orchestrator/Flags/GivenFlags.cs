using System.CommandLine;
using System.CommandLine.Parsing;
using TraversalLearning.Hosting;
using TraversalLearning.Models.Layers;

namespace TraversalLearning.Orchestration.Flags;

/// <summary>The flags of a command line as names and values, for checkpoints and resumed runs.</summary>
internal static class GivenFlags
{
    /// <summary>The given flags, by each flag's first name.</summary>
    public static SortedDictionary<string, string> Of(ParseResult arguments)
    {
        var given = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (Option option in arguments.CommandResult.Command.Options)
        {
            if (arguments.GetResult(option) is OptionResult { Implicit: false } result)
            {
                given[option.Name] = result.Tokens.Count > 0 ? result.Tokens[^1].Value : "true";
            }
        }

        return given;
    }

    /// <summary>
    /// The given flags that a checkpoint keeps: all except those that apply to one part of a run only.
    /// </summary>
    public static SortedDictionary<string, string> ForCheckpoint(RunFlags flags, ParseResult arguments)
    {
        SortedDictionary<string, string> given = Of(arguments);
        foreach (RunFlag own in flags.All.Where(f => f.Effect == FlagEffect.OwnPart))
        {
            given.Remove(own.Name);
        }

        return given;
    }

    /// <summary>Adds flags to a command line; given values stay, unless they leave a choice open.</summary>
    /// <param name="arguments">The given command line.</param>
    /// <param name="decided">Flags that determine the result. A flag given as <c>auto</c>, or a model given without
    /// sizes, takes the value chosen here.</param>
    /// <param name="more">The other flags.</param>
    /// <exception cref="UserErrorException">This version of the program does not accept them.</exception>
    public static ParseResult Complete(ParseResult arguments, IReadOnlyDictionary<string, string> decided, IReadOnlyDictionary<string, string> more)
    {
        Command command = arguments.CommandResult.Command;
        SortedDictionary<string, string> flags = Of(arguments);
        foreach ((string flag, string value) in decided.Concat(more))
        {
            if (flags.GetValueOrDefault(flag) is RunFlags.Auto or ModelPresets.SizedByData && decided.ContainsKey(flag))
            {
                flags[flag] = value;
            }
            else if (command.Options.Any(o => o.Name == flag))
            {
                flags.TryAdd(flag, value);
            }
        }

        Command root = arguments.RootCommandResult.Command;
        ParseResult completed = root.Parse([.. command == root ? [] : new[] { command.Name }, .. flags.Select(f => $"{f.Key}={f.Value}")]);
        return completed.Errors.Count == 0
            ? completed
            : throw new UserErrorException(ExitCode.Usage, $"the flags of the run to be resumed do not fit: {completed.Errors[0].Message}");
    }
}
