namespace TraversalLearning.Orchestration.Runs.Folder;

/// <summary>What a run ended with. Metrics that are not defined, or not finite, are <see langword="null"/>.</summary>
internal sealed record ResultRecord
{
    /// <summary>On the test set, as the next six.</summary>
    public double? Accuracy { get; init; }

    public double? Loss { get; init; }

    public double? MacroF1 { get; init; }

    public double? Auc { get; init; }

    public double? Rmse { get; init; }

    public double? Mae { get; init; }

    public double? R2 { get; init; }

    /// <summary>On what nodes keep out of training, as the next one.</summary>
    public double? ValidationLoss { get; init; }

    public double? ValidationAccuracy { get; init; }

    /// <summary>That were completed.</summary>
    public int Epochs { get; init; }

    /// <summary>The rule that ended it before its last epoch; <see langword="null"/> if none did.</summary>
    public string? StoppedBy { get; init; }

    /// <summary>With early stopping: the epoch whose model it is.</summary>
    public int? BestEpoch { get; init; }

    /// <summary>Rounds of the method.</summary>
    public required int Steps { get; init; }

    /// <summary>SHA-256 over all parameter bytes.</summary>
    public required string ParamsSha256 { get; init; }

    /// <summary>Whether it is another one than that of centralized training.</summary>
    public bool Lossy { get; init; }

    /// <summary>Why it is.</summary>
    public string? LossyBecause { get; init; }

    /// <summary>Rows left out, their nodes being lost.</summary>
    public long SkippedRows { get; init; }

    /// <summary>Of training and evaluation, waiting for nodes left out.</summary>
    public required double Seconds { get; init; }

    /// <summary>With waiting for nodes.</summary>
    public double TotalSeconds { get; init; }

    /// <summary>By the orchestrator, to all nodes.</summary>
    public required long SentBytes { get; init; }

    /// <summary>By the orchestrator, from all nodes.</summary>
    public required long ReceivedBytes { get; init; }
}
