using System.Collections.ObjectModel;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Runs.Checkpoints;
using TraversalLearning.Orchestration.Runs.Folder;
using TraversalLearning.Orchestration.Training;

namespace TraversalLearning.Orchestration.Runs;

/// <summary>A run that is to be done, whoever asks for it.</summary>
/// <param name="Options">Of the run, validated; the method is among them.</param>
/// <param name="Folder">Where its results go. The caller made it and disposes it.</param>
internal sealed record RunRequest(RunOptions Options, RunFolder Folder)
{
    /// <summary>The words of the command line, for <c>run.json</c>; empty if there is none.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>The flags that were given, for checkpoints: who resumes the run need not give them again.</summary>
    public IReadOnlyDictionary<string, string> Given { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>The checkpoint that it goes on from; <see langword="null"/> if it starts anew.</summary>
    public Checkpoint? Resumed { get; init; }

    /// <summary>Whether it may go on with another learning rate, schedule or clipping than the checkpoint's; runs that are compared may not.</summary>
    public bool MayBranch { get; init; }

    /// <summary>Whoever wants to know what happens in it: observers subscribe before it is done.</summary>
    public RunEvents Events { get; init; } = new();

    /// <summary>Where it lets itself be looked at while it goes on.</summary>
    public RunProbe Probe { get; init; } = new();

    /// <summary>Asked after every epoch whether it is to end there; <see langword="null"/> for never.</summary>
    public EpochGate? Gate { get; init; }

    /// <summary>Its nodes, where they are started for it; <see langword="null"/> where they come by themselves. The caller disposes them.</summary>
    public INodeCrew? Nodes { get; init; }
}

/// <summary>A run that has ended well, and whose results are in its folder.</summary>
/// <param name="Context">What it stood on.</param>
/// <param name="Outcome">What came of it.</param>
/// <param name="CheckpointFailure">Why the last checkpoint could not be written; <see langword="null"/> if it could.</param>
internal sealed record RunResult(RunContext Context, RunOutcome Outcome, string? CheckpointFailure)
{
    /// <summary>Those of the request, with what it left open.</summary>
    public RunOptions Options => Context.Options;
}
