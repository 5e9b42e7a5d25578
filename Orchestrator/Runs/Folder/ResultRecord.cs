namespace TraversalLearning.Orchestration.Runs.Folder;

/// <summary>The results of a run. Metrics that are undefined or not finite are <see langword="null"/>.</summary>
internal sealed record ResultRecord
{
    /// <summary>On the test set, like the next six.</summary>
    public double? Accuracy { get; init; }

    public double? Loss { get; init; }

    public double? MacroF1 { get; init; }

    public double? Auc { get; init; }

    public double? Rmse { get; init; }

    public double? Mae { get; init; }

    public double? R2 { get; init; }

    /// <summary>On the held-out samples, like the next one.</summary>
    public double? ValidationLoss { get; init; }

    public double? ValidationAccuracy { get; init; }

    /// <summary>Number of completed epochs.</summary>
    public int Epochs { get; init; }

    /// <summary>The rule that stopped the run early; <see langword="null"/> if none did.</summary>
    public string? StoppedBy { get; init; }

    /// <summary>With early stopping: the epoch of the resulting model.</summary>
    public int? BestEpoch { get; init; }

    /// <summary>Number of rounds.</summary>
    public required int Steps { get; init; }

    /// <summary>SHA-256 over all parameter bytes; <see langword="null"/> if only the nodes have the model.</summary>
    public string? ParamsSha256 { get; init; }

    /// <summary>Whether the result may differ from that of centralized training.</summary>
    public bool Lossy { get; init; }

    /// <summary>Why the result may differ.</summary>
    public string? LossyBecause { get; init; }

    /// <summary>Rows left out because their nodes were lost.</summary>
    public long SkippedRows { get; init; }

    /// <summary>Seconds of training and evaluation, excluding the wait for nodes.</summary>
    public required double Seconds { get; init; }

    /// <summary>Seconds including the wait for nodes.</summary>
    public double TotalSeconds { get; init; }

    /// <summary>Bytes sent by the orchestrator to all nodes.</summary>
    public required long SentBytes { get; init; }

    /// <summary>Bytes received by the orchestrator from all nodes.</summary>
    public required long ReceivedBytes { get; init; }
}
