using TorchSharp;
using TraversalLearning.Data.Batches;
using TraversalLearning.Messages;
using TraversalLearning.Orchestration.Audit.Attacks;
using TraversalLearning.Orchestration.Training;
using static TorchSharp.torch;

namespace TraversalLearning.Orchestration.Audit;

/// <summary>The samples of the audited batches. Only the scorer, and a node for its own, may see them.</summary>
internal sealed class Truth
{
    private readonly PooledSamples _pooled;
    private readonly Dictionary<StepId, SampleRow[]> _rows;

    public Truth(PooledSamples pooled, IEnumerable<VirtualBatch> batches)
    {
        _pooled = pooled;
        _rows = batches.ToDictionary(RecordingPlan.IdOf, RecordingPlan.RowsOf);
    }

    /// <summary>The samples of a step's batch, in row order.</summary>
    public IReadOnlyList<SampleRow> RowsAt(StepId step) => _rows[step];

    /// <summary>The inputs of samples, flat, as the model takes them.</summary>
    public double[][] InputsOf(IReadOnlyList<SampleRow> rows)
    {
        using DisposeScope scope = NewDisposeScope();
        return rows.Count == 0 ? [] : LinearSystem.Rows(Gather(rows).Inputs.flatten(1).to(ScalarType.Float64));
    }

    /// <summary>The classes of samples.</summary>
    public int[] LabelsOf(IReadOnlyList<SampleRow> rows)
    {
        using DisposeScope scope = NewDisposeScope();
        return rows.Count == 0 ? [] : Array.ConvertAll(Gather(rows).Labels.data<long>().ToArray(), l => (int)l);
    }

    /// <summary>Inputs and labels of samples, in the current dispose scope.</summary>
    public (Tensor Inputs, Tensor Labels) Gather(IReadOnlyList<SampleRow> rows) =>
        _pooled.Tensors.Gather([.. rows.Select(r => _pooled.RowsOf(r.NodeId, [r.Index])[0])]);
}
