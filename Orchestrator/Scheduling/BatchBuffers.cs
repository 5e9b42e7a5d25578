using TraversalLearning.Models;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Planning;
using static TorchSharp.torch;

namespace TraversalLearning.Orchestration.Scheduling;

/// <summary>
/// The tensors of one batch, allocated once for the run: every node's rows are received straight into their slice, so that
/// rows stand in plan order whatever the order in which replies arrive.
/// </summary>
internal sealed class BatchBuffers : IDisposable
{
    private readonly List<HostTensor> _nodeGradients = [];
    private readonly ScalarType _type;
    private readonly long _firstParameterCount;

    public BatchBuffers(TrainingSetup setup, int batchSize)
    {
        _type = setup.ElementType.ToScalarType();
        _firstParameterCount = setup.FirstParameterCount;
        CutShape = setup.Model.ShapeBehind(setup.Cut);
        Activations = HostTensor.Zeros([batchSize, .. CutShape], _type);
        LogitGradients = HostTensor.Zeros([batchSize, setup.Model.ClassCount], _type);
    }

    /// <summary>Shape of one sample's activations.</summary>
    public long[] CutShape { get; }

    /// <summary><c>A</c>: <c>[B, …]</c>.</summary>
    public HostTensor Activations { get; }

    /// <summary><c>Λ</c> before the division by the batch's rows: <c>[B, C]</c>.</summary>
    public HostTensor LogitGradients { get; }

    /// <summary>Where visit number <paramref name="index"/> of the plan puts its <c>∇_i θ_N</c>: <c>[P_N]</c>.</summary>
    public HostTensor NodeGradient(int index) => _nodeGradients[index];

    /// <summary>Makes room for the gradients of a plan's visits.</summary>
    public void EnsureVisits(TraversalPlan plan)
    {
        while (_nodeGradients.Count < plan.Visits.Count)
        {
            _nodeGradients.Add(HostTensor.Zeros([_firstParameterCount], _type));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (HostTensor tensor in _nodeGradients.Append(Activations).Append(LogitGradients))
        {
            ((IDisposable)tensor).Dispose();
        }
    }
}
