using System.Collections.ObjectModel;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Runs.Checkpoints;
using TraversalLearning.Orchestration.Runs.Folder;
using TraversalLearning.Orchestration.Training;

namespace TraversalLearning.Orchestration.Runs;

/// <summary>A request to execute a run.</summary>
/// <param name="Options">The run's validated options, including the method.</param>
/// <param name="Folder">The output folder, created and disposed by the caller.</param>
internal sealed record RunRequest(RunOptions Options, RunFolder Folder)
{
    /// <summary>The command line's words, for <c>run.json</c>; empty if there is none.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>The flags that were given, for checkpoints: they need not be given again on resume.</summary>
    public IReadOnlyDictionary<string, string> Given { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>The checkpoint to resume from; <see langword="null"/> for a new run.</summary>
    public Checkpoint? Resumed { get; init; }

    /// <summary>
    /// Whether learning rate, schedule or clipping may differ from the checkpoint's; not allowed for runs that are
    /// compared.
    /// </summary>
    public bool MayBranch { get; init; }

    /// <summary>The run's event bus; observers subscribe before the run starts.</summary>
    public RunEvents Events { get; init; } = new();

    /// <summary>Read access to the running session.</summary>
    public RunProbe Probe { get; init; } = new();

    /// <summary>Decides after every epoch whether to stop; <see langword="null"/> for never.</summary>
    public EpochGate? Gate { get; init; }

    /// <summary>
    /// Nodes started for the run; <see langword="null"/> if they are started externally. The caller disposes them.
    /// </summary>
    public INodeCrew? Nodes { get; init; }
}

/// <summary>A completed run, with its results in its folder.</summary>
/// <param name="Context">The run's context.</param>
/// <param name="Outcome">Its outcome.</param>
/// <param name="CheckpointFailure">Why the last checkpoint could not be written; <see langword="null"/> if it was
/// written.</param>
internal sealed record RunResult(RunContext Context, RunOutcome Outcome, string? CheckpointFailure)
{
    /// <summary>The request's options, with open choices resolved.</summary>
    public RunOptions Options => Context.Options;
}
