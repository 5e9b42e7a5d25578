using TraversalLearning.Models.Layers;
using static TorchSharp.torch;

namespace TraversalLearning.Orchestration.Training.Model;

/// <summary>
/// A pool of equal-shaped tensors that receive replies. It grows to the number in use at once. Dispose after the
/// connections have closed: until then they may write to tensors that were not returned.
/// </summary>
/// <param name="shape">Shape of each tensor.</param>
/// <param name="type">Element type.</param>
internal sealed class TensorPool(long[] shape, ScalarType type) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly List<HostTensor> _all = [];
    private readonly Stack<HostTensor> _free = [];

    /// <summary>Number of tensors allocated.</summary>
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

    /// <summary>Lends a tensor with undefined content. A tensor that is not returned is not lent again.</summary>
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

    /// <summary>Returns a tensor that is no longer read or written.</summary>
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
