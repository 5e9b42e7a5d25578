using TraversalLearning.Benchmarks.Runs;
using TraversalLearning.Data;
using TraversalLearning.Models;
using TraversalLearning.Models.Layers;
using TraversalLearning.Nodes;
using TraversalLearning.Tensors;

namespace TraversalLearning.Benchmarks.Micro;

/// <summary>What a bare step computes, and who holds which rows of a batch: as evenly as it goes, the same number in every step.</summary>
/// <param name="Setup">The model, its cut and the exchange.</param>
/// <param name="BatchSize">Rows of a batch; at least as many as nodes.</param>
/// <param name="Nodes">How many are visited.</param>
/// <param name="Images">What is trained on; where there are too few, they come again.</param>
internal sealed record BareWorkload(TrainingSetup Setup, int BatchSize, int Nodes, SampleSet Images)
{
    // So many batches come in turn, so that rows are gathered from memory and not from a cache.
    private const int Batches = 8;

    /// <summary>Whether a node waits for its rows of <c>Z</c>.</summary>
    public bool Relays => !Setup.Exchange.Kind().NodesHaveModel;

    /// <summary>That of a contender, with as many nodes as it has.</summary>
    public static BareWorkload Of(Contender contender, SampleSet images)
    {
        ModelDescription model = ModelPresets.Create(contender.Workload.Model);
        var setup = new TrainingSetup(
            model, model.ParseCut(contender.Workload.Cut), ElementType.Float32, ExchangeKind.Find(contender.Exchange)!.Exchange, new Normalisation(0.5, 0.5));
        return new BareWorkload(setup, contender.Workload.BatchSize, contender.Nodes, images);
    }

    /// <summary>Rows of a batch that a node holds.</summary>
    public int RowsOf(int node) => (BatchSize / Nodes) + (node < BatchSize % Nodes ? 1 : 0);

    /// <summary>The first of them among the rows of the batch.</summary>
    public int FirstRowOf(int node) => (BatchSize / Nodes * node) + Math.Min(node, BatchSize % Nodes);

    /// <summary>The samples of a node.</summary>
    public SampleSet SamplesOf(int node)
    {
        int first = FirstRowOf(node) * Batches;
        return Images.Select([.. Enumerable.Range(first, RowsOf(node) * Batches).Select(i => i % Images.Count)]);
    }

    /// <summary>Which of its samples a node visits in a step; steps count from 0.</summary>
    public int[] Plan(int node, int step) => [.. Enumerable.Range(step % Batches * RowsOf(node), RowsOf(node))];
}
