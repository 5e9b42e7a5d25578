using TraversalLearning.Models.Layers;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Training.Model;
using static TorchSharp.torch;

namespace TraversalLearning.Orchestration.Training.SplitLearning;

/// <summary>Pools of working memory for concurrent turns; each grows to the number in use at once.</summary>
internal sealed class TurnBuffers : IDisposable
{
    private readonly TrainingSetup _setup;
    private readonly Device _device;
    private readonly Lock _lock = new();
    private readonly List<ServerHalf> _all = [];
    private readonly Stack<ServerHalf> _free = [];

    /// <summary>Creates empty pools.</summary>
    /// <param name="setup">The model and its cut.</param>
    /// <param name="batchSize">Largest number of rows in a batch.</param>
    /// <param name="buffers">Elements of the model's buffers.</param>
    /// <param name="device">The device to compute on.</param>
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

    /// <summary>Sizes of the halves of θ and of the buffers.</summary>
    public HalfSizes Sizes { get; }

    /// <summary><c>A</c>: <c>[B, …]</c>.</summary>
    public TensorPool Activations { get; }

    /// <summary><c>Λ</c>: <c>[B, C]</c>.</summary>
    public TensorPool LogitGradients { get; }

    /// <summary>Turn results for θ: <c>[P]</c>.</summary>
    public TensorPool Parameters { get; }

    /// <summary>Turn results for the model's buffers: <c>[Q]</c>.</summary>
    public TensorPool Buffers { get; }

    /// <summary>Lends an orchestrator's half for a turn that is about to start.</summary>
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

    /// <summary>Returns a half whose turn is over.</summary>
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
