namespace TraversalLearning.Nodes.Policies;

/// <summary>The keys of a policy file; each is the name of a rule, or stands below one.</summary>
public static class PolicyKeys
{
    public const string Orchestrators = "orchestrators";
    public const string Hours = "hours";
    public const string Algorithms = "algorithms";
    public const string Exchanges = "exchanges";
    public const string RevealModel = "reveal_model";
    public const string MinBatch = "min_batch";
    public const string MinNodes = "min_nodes";
    public const string MinCut = "min_cut";
    public const string MaxRowsAlone = "max_rows_alone";
    public const string MaxParameters = "max_parameters";
    public const string MaxModelGb = "max_model_gb";
    public const string MaxEpochs = "max_epochs";
    public const string MaxRounds = "max_rounds";
    public const string MaxVisits = "max_visits";
    public const string MaxGb = "max_gb";
    public const string MaxRunsPerDay = "max_runs_per_day";

    /// <summary>No rule: the counters of a run cannot be kept.</summary>
    public const string StateFolder = "state_dir";

    public const string Tables = "tables";
    public const string Columns = "columns";
    public const string Statistics = "statistics";
    public const string MinCount = "min_count";
}
