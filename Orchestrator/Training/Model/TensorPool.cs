using TraversalLearning.Models.Layers;
using static TorchSharp.torch;

namespace TraversalLearning.Orchestration.Training.Model;

/// <summary>
/// Tensors of one shape into which replies are received, lent and taken back, so that there are as many as are under way at once. To be disposed
/// once the connections have ended: only then nothing writes to what was not taken back.
/// </summary>
/// <param name="shape">Of each.</param>
/// <param name="type">Of their elements.</param>
internal sealed class TensorPool(long[] shape, ScalarType type) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly List<HostTensor> _all = [];
    private readonly Stack<HostTensor> _free = [];

    /// <summary>How many there ever were.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _all.Count;
            }
        }
    }

    /// <summary>One of them, with anything in it. What is not taken back is not lent again.</summary>
    public HostTensor Lend()
    {
        lock (_lock)
        {
            if (!_free.TryPop(out HostTensor? tensor))
            {
                tensor = HostTensor.Zeros(shape, type);
                _all.Add(tensor);
            }

            return tensor;
        }
    }

    /// <summary>Nothing reads or writes it any more.</summary>
    public void TakeBack(HostTensor tensor)
    {
        lock (_lock)
        {
            _free.Push(tensor);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _all.ForEach(t => ((IDisposable)t).Dispose());
}
