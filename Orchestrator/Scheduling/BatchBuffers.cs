using TraversalLearning.Models;
using TraversalLearning.Nodes;
using static TorchSharp.torch;

namespace TraversalLearning.Orchestration.Scheduling;

/// <summary>
/// The tensors of one batch, allocated once for the run: every node's rows are received straight into their slice, so that
/// rows stand in plan order whatever the order in which replies arrive. First-layer gradients have as many as visits are under way.
/// </summary>
internal sealed class BatchBuffers : IDisposable
{
    private readonly Lock _lock = new();
    private readonly List<HostTensor> _gradients = [];
    private readonly Stack<HostTensor> _freeGradients = [];
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

    /// <summary>How many gradients there was ever room for.</summary>
    public int GradientCount
    {
        get
        {
            lock (_lock)
            {
                return _gradients.Count;
            }
        }
    }

    /// <summary>Room for one visit's <c>∇_i θ_N</c>: <c>[P_N]</c>. What is not taken back is not lent again.</summary>
    public HostTensor LendGradient()
    {
        lock (_lock)
        {
            if (!_freeGradients.TryPop(out HostTensor? gradient))
            {
                gradient = HostTensor.Zeros([_firstParameterCount], _type);
                _gradients.Add(gradient);
            }

            return gradient;
        }
    }

    /// <summary>Nothing reads or writes it any more.</summary>
    public void TakeBackGradient(HostTensor gradient)
    {
        lock (_lock)
        {
            _freeGradients.Push(gradient);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (HostTensor tensor in _gradients.Append(Activations).Append(LogitGradients))
        {
            ((IDisposable)tensor).Dispose();
        }
    }
}
