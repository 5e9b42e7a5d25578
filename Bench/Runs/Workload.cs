namespace TraversalLearning.Benchmarks.Runs;

/// <summary>What is trained.</summary>
/// <param name="Model">A preset.</param>
/// <param name="BatchSize">Rows of a batch.</param>
/// <param name="Cut">Where the model is cut; of no meaning to who trains in one place.</param>
/// <param name="Steps">Steps of an epoch.</param>
/// <param name="Epochs">How many we run. The last one counts: those before it pay for the just-in-time compiler, which goes on beside the steps for some seconds.</param>
internal sealed record Workload(string Model, int BatchSize, string Cut, int Steps, int Epochs = 2)
{
    /// <summary>For tables.</summary>
    public string Name => FormattableString.Invariant($"{Model} {BatchSize}{(Cut == "1" ? "" : $" cut {Cut}")}");

    /// <summary>The same for who trains in one place.</summary>
    public Workload Pooled => this with { Cut = "1" };
}
