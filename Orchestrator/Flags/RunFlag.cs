using System.CommandLine;
using System.Text.Json.Nodes;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Options;

namespace TraversalLearning.Orchestration.Flags;

/// <summary>
/// A flag of a run, declared once: parsing, the commands that accept it, its value for a run and its effect. The
/// command line, <c>--help</c>, <c>run.json</c>, checkpoints, the nodes' command lines, studies and
/// docs/reference/flags.md derive from it.
/// </summary>
internal class RunFlag(Option option)
{
    /// <summary>The System.CommandLine option.</summary>
    public Option Option { get; } = option;

    /// <summary>The first name, with its hyphens.</summary>
    public string Name => Option.Name;

    /// <summary>The key in <c>run.json</c>.</summary>
    public string Key => Name[2..].Replace('-', '_');

    /// <summary>The commands that accept it.</summary>
    public FlagUse Uses { get; init; } = FlagUse.Run;

    /// <summary>Its effect on the result.</summary>
    public FlagEffect Effect { get; init; }

    /// <summary>Whether nodes need the same value.</summary>
    public bool IsSharedWithNodes { get; init; }

    /// <summary>Whether its value may be a file, which must be sent to a worker on another machine.</summary>
    public bool IsFile { get; init; }

    /// <summary>
    /// The value implied by checkpoints of versions without this flag; <see langword="null"/> if such checkpoints are
    /// not supported, or the flag was absent.
    /// </summary>
    public string? Formerly { get; init; }

    /// <summary>Its value for a run, in command-line syntax; <see langword="null"/> if it does not apply.</summary>
    public virtual string? TextOf(RunOptions options) => null;

    /// <summary>Whether it is among the options in <c>run.json</c>.</summary>
    public virtual bool IsInSummary => false;

    /// <summary>Its command-line words for a run; empty if it does not apply.</summary>
    public IEnumerable<string> WordsOf(RunOptions options) => TextOf(options) switch
    {
        null => [],
        var text when Option.ValueType != typeof(bool) => [Name, text],
        "true" => [Name],
        _ => [],
    };

    /// <summary>Its value in <c>run.json</c>.</summary>
    public virtual JsonNode? JsonOf(RunOptions options) => null;

    /// <summary>Its value in checkpoints; <see langword="null"/> to leave it out.</summary>
    public virtual string? IdentityOf(RunOptions options) => null;

    /// <summary>Applies the value from a command line to the options.</summary>
    public virtual RunOptions Apply(RunOptions options, ParseResult result) => options;
}

/// <summary>A flag of a run with a typed value.</summary>
/// <param name="flag">Parses the value.</param>
/// <param name="of">Reads the value from a run's options.</param>
/// <param name="with">Sets the value in the options; <see langword="null"/> where its section combines several flags
/// into one option.</param>
internal sealed class RunFlag<T>(Flag<T> flag, Func<RunOptions, T> of, Func<RunOptions, T, RunOptions>? with = null) : RunFlag(flag.Option)
{
    /// <summary>Whether the flag applies to a run.</summary>
    public Func<RunOptions, bool> AppliesTo { get; init; } = static _ => true;

    /// <summary>Whether checkpoints omit the default value, as those of versions without this flag do.</summary>
    public bool IsOmittedAtDefault { get; init; }

    /// <summary>Its value in checkpoints, where it differs from its text.</summary>
    public Func<RunOptions, string?>? Identity { get; init; }

    /// <summary>Its value in <c>run.json</c>, where it does not follow from its type.</summary>
    public Func<RunOptions, JsonNode?>? Json { get; init; }

    /// <summary>Its value on a command line, or the default.</summary>
    public T Get(ParseResult result) => flag.Get(result);

    /// <summary>Whether a command line contains it.</summary>
    public bool IsGiven(ParseResult result) => result.GetResult(Option) is { Implicit: false };

    /// <inheritdoc/>
    public override string? TextOf(RunOptions options) => AppliesTo(options) ? flag.TextOf(of(options)) : null;

    /// <inheritdoc/>
    public override bool IsInSummary => Effect != FlagEffect.OwnPart;

    /// <inheritdoc/>
    public override JsonNode? JsonOf(RunOptions options) =>
        Json is not null ? Json(options)
        : !AppliesTo(options) ? null
        : of(options) switch
        {
            null => null,
            bool value => JsonValue.Create(value),
            int value => JsonValue.Create(value),
            long value => JsonValue.Create(value),
            ulong value => JsonValue.Create(value),
            double value => JsonValue.Create(value),
            TimeSpan value => JsonValue.Create(value.TotalSeconds),
            int[] values => new JsonArray([.. values.Select(v => (JsonNode)v)]),
            double[] values => new JsonArray([.. values.Select(v => (JsonNode)v)]),
            var value => flag.TextOf(value),
        };

    /// <inheritdoc/>
    public override string? IdentityOf(RunOptions options) =>
        IsOmittedAtDefault && AppliesTo(options) && flag.TextOf(of(options)) == flag.TextOf(flag.Default) ? null
        : Identity is not null ? Identity(options)
        : TextOf(options);

    /// <inheritdoc/>
    public override RunOptions Apply(RunOptions options, ParseResult result) => with is null ? options : with(options, Get(result));
}
