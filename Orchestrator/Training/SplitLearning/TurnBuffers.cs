using TraversalLearning.Models.Layers;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Training.Model;
using static TorchSharp.torch;

namespace TraversalLearning.Orchestration.Training.SplitLearning;

/// <summary>What turns that are under way compute with and receive into: as many of each as there are at once.</summary>
internal sealed class TurnBuffers : IDisposable
{
    private readonly TrainingSetup _setup;
    private readonly Device _device;
    private readonly Lock _lock = new();
    private readonly List<ServerHalf> _all = [];
    private readonly Stack<ServerHalf> _free = [];

    /// <summary>Nothing is lent yet.</summary>
    /// <param name="setup">The model and its cut.</param>
    /// <param name="batchSize">The most rows of a batch.</param>
    /// <param name="buffers">Elements of the model's buffers.</param>
    /// <param name="device">Where to compute.</param>
    public TurnBuffers(TrainingSetup setup, int batchSize, long buffers, Device device)
    {
        (_setup, _device) = (setup, device);
        ScalarType type = setup.ElementType.ToScalarType();
        Activations = new TensorPool([batchSize, .. setup.Model.ShapeBehind(setup.Cut)], type);
        LogitGradients = new TensorPool([batchSize, setup.Model.ClassCount], type);
        Parameters = new TensorPool([setup.Model.ParameterCount], type);
        Buffers = new TensorPool([buffers], type);
        ServerHalf first = LendHalf();
        Sizes = HalfSizes.Of(setup, buffers, first.BufferCount);
        TakeBack(first);
    }

    /// <summary>Where θ and buffers are divided.</summary>
    public HalfSizes Sizes { get; }

    /// <summary><c>A</c>: <c>[B, …]</c>.</summary>
    public TensorPool Activations { get; }

    /// <summary><c>Λ</c>: <c>[B, C]</c>.</summary>
    public TensorPool LogitGradients { get; }

    /// <summary>What turns make of θ: <c>[P]</c>.</summary>
    public TensorPool Parameters { get; }

    /// <summary>What they make of the model's buffers: <c>[Q]</c>.</summary>
    public TensorPool Buffers { get; }

    /// <summary>An orchestrator's half, whose turn is still to begin.</summary>
    public ServerHalf LendHalf()
    {
        lock (_lock)
        {
            if (!_free.TryPop(out ServerHalf? half))
            {
                half = new ServerHalf(_setup, _device);
                _all.Add(half);
            }

            return half;
        }
    }

    /// <summary>Its turn is over.</summary>
    public void TakeBack(ServerHalf half)
    {
        lock (_lock)
        {
            _free.Push(half);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _all.ForEach(h => h.Dispose());
        Activations.Dispose();
        LogitGradients.Dispose();
        Parameters.Dispose();
        Buffers.Dispose();
    }
}
