using System.CommandLine;
using System.Text.Json.Nodes;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Options;

namespace TraversalLearning.Orchestration.Flags;

/// <summary>
/// A flag of a run, declared once: how it is read, which commands take it, what it says of a run and what it decides. The command line, <c>--help</c>,
/// <c>run.json</c>, checkpoints, the nodes' command lines, studies and docs/reference/flags.md derive from it.
/// </summary>
internal class RunFlag(Option option)
{
    /// <summary>As System.CommandLine has it.</summary>
    public Option Option { get; } = option;

    /// <summary>The first name, with hyphens before it.</summary>
    public string Name => Option.Name;

    /// <summary>The key in <c>run.json</c>.</summary>
    public string Key => Name[2..].Replace('-', '_');

    /// <summary>The commands that take it.</summary>
    public FlagUse Uses { get; init; } = FlagUse.Run;

    /// <summary>What it decides.</summary>
    public FlagEffect Effect { get; init; }

    /// <summary>Whether nodes must be told the same.</summary>
    public bool IsSharedWithNodes { get; init; }

    /// <summary>Whether its value may be a file, which a worker on another machine needs.</summary>
    public bool IsFile { get; init; }

    /// <summary>Its value in checkpoints of versions that did not have it; <see langword="null"/> if those do not count, or it was left out.</summary>
    public string? Formerly { get; init; }

    /// <summary>Its value of a run, as the command line takes it; <see langword="null"/> where the run has none.</summary>
    public virtual string? TextOf(RunOptions options) => null;

    /// <summary>Whether <c>run.json</c> has it among the options.</summary>
    public virtual bool IsInSummary => false;

    /// <summary>The words of a command line that say it; none where the run has no value.</summary>
    public IEnumerable<string> WordsOf(RunOptions options) => TextOf(options) switch
    {
        null => [],
        var text when Option.ValueType != typeof(bool) => [Name, text],
        "true" => [Name],
        _ => [],
    };

    /// <summary>Its value in <c>run.json</c>.</summary>
    public virtual JsonNode? JsonOf(RunOptions options) => null;

    /// <summary>What a checkpoint keeps of it; <see langword="null"/> for nothing.</summary>
    public virtual string? IdentityOf(RunOptions options) => null;

    /// <summary>The options with the value of a command line.</summary>
    public virtual RunOptions Apply(RunOptions options, ParseResult result) => options;
}

/// <summary>A flag of a run with its value.</summary>
/// <param name="flag">How it is read.</param>
/// <param name="of">Its value of a run.</param>
/// <param name="with">The options with a value; <see langword="null"/> where its section makes more than one flag into one option.</param>
internal sealed class RunFlag<T>(Flag<T> flag, Func<RunOptions, T> of, Func<RunOptions, T, RunOptions>? with = null) : RunFlag(flag.Option)
{
    /// <summary>Whether a run has a value at all.</summary>
    public Func<RunOptions, bool> AppliesTo { get; init; } = static _ => true;

    /// <summary>Whether checkpoints leave it out at its default: those of versions that did not have it then mean the same.</summary>
    public bool IsOmittedAtDefault { get; init; }

    /// <summary>What a checkpoint keeps of it, where that is not its text.</summary>
    public Func<RunOptions, string?>? Identity { get; init; }

    /// <summary>Its value in <c>run.json</c>, where that does not follow from its type.</summary>
    public Func<RunOptions, JsonNode?>? Json { get; init; }

    /// <summary>Its value on a command line; its default where it was not given.</summary>
    public T Get(ParseResult result) => flag.Get(result);

    /// <summary>Whether a command line has it.</summary>
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
