using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Runs.Checkpoints;

namespace TraversalLearning.Orchestration.Runs.Folder;

/// <summary>The content of <c>run.json</c>, for a completed run.</summary>
internal sealed record RunRecord
{
    /// <summary>The method, as given to <c>--algorithm</c>.</summary>
    public string Algorithm { get; init; } = string.Empty;

    /// <summary>The command line's words; empty if there was none.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>The run's options, by flag name.</summary>
    public required JsonObject Options { get; init; }

    /// <summary><see cref="ResultOptions.Digest"/> of the flags that determine the result.</summary>
    public required string OptionsDigest { get; init; }

    /// <summary>The points where the run was resumed with other flags; flag names have no hyphens here.</summary>
    public IReadOnlyList<RunBranch> Branches { get; init; } = [];

    /// <summary>
    /// The step of the checkpoint that it last resumed from; <see langword="null"/> if it was not interrupted.
    /// </summary>
    public int? ResumedFromStep { get; init; }

    /// <summary>The computing environment.</summary>
    public ComputationRecord? Computation { get; init; }

    /// <summary>Software versions.</summary>
    public VersionsRecord? Versions { get; init; }

    /// <summary>The results.</summary>
    public required ResultRecord Result { get; init; }

    /// <summary>Facts of a blind run; <see langword="null"/> for the other exchanges.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public BlindFacts? Blind { get; init; }

    /// <summary>The reports of nodes 1, 2, …; empty if they were not asked.</summary>
    public IReadOnlyList<NodeRecord> Nodes { get; init; } = [];

    /// <summary>
    /// Cost per step in the last epoch; <see langword="null"/> if no step was done in this part of the run.
    /// </summary>
    public EpochFigures? Performance { get; init; }
}

/// <summary>What rounding depends on besides the flags.</summary>
internal sealed record ComputationRecord(int? Threads, string? InstructionSet, string? MatrixProducts);

/// <summary>Versions of the program and its dependencies.</summary>
internal sealed record VersionsRecord(string? Product, string? Runtime, string? Libtorch, string? Torch);

/// <summary>A node's report.</summary>
/// <param name="Id">From 1.</param>
/// <param name="Samples">Number of samples on the node.</param>
/// <param name="Metadata">The values given with <c>--metadata</c>.</param>
internal sealed record NodeRecord(int Id, int Samples, IReadOnlyDictionary<string, string> Metadata);
