using System.Text.Json.Nodes;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Runs.Checkpoints;

namespace TraversalLearning.Orchestration.Runs.Folder;

/// <summary>What <c>run.json</c> says of a run that has ended well.</summary>
internal sealed record RunRecord
{
    /// <summary>The method, as <c>--algorithm</c> spells it.</summary>
    public string Algorithm { get; init; } = string.Empty;

    /// <summary>The words of the command line; empty if there was none.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>What was run, by the names of the flags.</summary>
    public required JsonObject Options { get; init; }

    /// <summary><see cref="ResultOptions.Digest"/> of the flags that decide the result.</summary>
    public required string OptionsDigest { get; init; }

    /// <summary>Where it was gone on with by other flags, which have no hyphens here.</summary>
    public IReadOnlyList<RunBranch> Branches { get; init; } = [];

    /// <summary>The step of the checkpoint that it went on from last; <see langword="null"/> if it was not interrupted.</summary>
    public int? ResumedFromStep { get; init; }

    /// <summary>What it was computed with.</summary>
    public ComputationRecord? Computation { get; init; }

    /// <summary>What it was done with.</summary>
    public VersionsRecord? Versions { get; init; }

    /// <summary>What came of it.</summary>
    public required ResultRecord Result { get; init; }

    /// <summary>What node 1, 2, … said of themselves; empty where they were not asked.</summary>
    public IReadOnlyList<NodeRecord> Nodes { get; init; } = [];

    /// <summary>What a step of the last epoch took; <see langword="null"/> if none was done in this part of the run.</summary>
    public EpochFigures? Performance { get; init; }
}

/// <summary>What the last bits of a result depend on beside the flags.</summary>
internal sealed record ComputationRecord(int? Threads, string? InstructionSet, string? MatrixProducts);

/// <summary>Versions of the program and of what it stands on.</summary>
internal sealed record VersionsRecord(string? Product, string? Runtime, string? Libtorch, string? Torch);

/// <summary>What a node said of itself.</summary>
/// <param name="Id">From 1.</param>
/// <param name="Samples">How many it holds.</param>
/// <param name="Metadata">What it was given with <c>--metadata</c>.</param>
internal sealed record NodeRecord(int Id, int Samples, IReadOnlyDictionary<string, string> Metadata);
