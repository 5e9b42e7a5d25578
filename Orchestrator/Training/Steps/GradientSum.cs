using TorchSharp;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Optimizers;
using TraversalLearning.Orchestration.Training.Model;
using TraversalLearning.Tensors;
using static TorchSharp.torch;

namespace TraversalLearning.Orchestration.Training.Steps;

/// <summary>
/// Sums <c>∇θ_N = Σ_i ∇_i θ_N</c> of one step in plan order, whatever the order of replies, and as early as possible: a
/// gradient is added once all its predecessors are, and its memory goes to a later visit. A step therefore needs memory
/// for the visits under way, not for the whole plan.
/// </summary>
/// <param name="buffers">Lends the memory.</param>
/// <param name="total">Receives the sum: <c>[P_N]</c>; owned.</param>
/// <param name="visits">Number of visits in the plan.</param>
/// <param name="notFinite">Called with a visit and element index when a gradient that contains NaN or infinity is
/// added; may throw.</param>
internal sealed class GradientSum(BatchBuffers buffers, Tensor total, int visits, Action<int, int>? notFinite = null) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly HostTensor?[] _buffers = new HostTensor?[visits];

    // The first gradient is received directly into the sum.
    private readonly HostTensor? _sum = total.device_type == DeviceType.CPU ? new HostTensor(total) : null;
    private readonly bool[] _whole = new bool[visits];
    private int _next;
    private bool _adding;

    /// <summary>The buffer that receives a visit's gradient; the same for every attempt.</summary>
    public HostTensor BufferOf(int visit)
    {
        lock (_lock)
        {
            return visit == 0 && _sum is not null ? _sum : _buffers[visit] ??= buffers.Gradients.Lend();
        }
    }

    /// <summary>Records that a visit's gradient is complete and its memory no longer written to.</summary>
    /// <returns>The number of gradients added to the sum by this call: none if an earlier visit is still under
    /// way.</returns>
    public int Complete(int visit)
    {
        lock (_lock)
        {
            _whole[visit] = true;
            if (_adding)
            {
                return 0; // Whoever is adding comes to it.
            }

            _adding = true;
        }

        int added = 0;
        while (TryTakeNext(out int index, out HostTensor? gradient))
        {
            int spoiled = Add(gradient, first: index == 0);
            if (gradient is not null)
            {
                buffers.Gradients.TakeBack(gradient);
            }

            added++;
            if (spoiled >= 0)
            {
                notFinite?.Invoke(index, spoiled);
            }
        }

        return added;
    }

    /// <summary>
    /// Takes back the memory of gradients that will not be added. No reply may still be arriving in it.
    /// </summary>
    public void Reclaim()
    {
        lock (_lock)
        {
            foreach (ref HostTensor? buffer in _buffers.AsSpan())
            {
                if (buffer is not null)
                {
                    buffers.Gradients.TakeBack(buffer);
                    buffer = null;
                }
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ((IDisposable?)_sum ?? total).Dispose();
    }

    private bool TryTakeNext(out int index, out HostTensor? gradient)
    {
        lock (_lock)
        {
            index = _next;
            gradient = null;
            if (_next == visits || !_whole[_next])
            {
                _adding = false;
                return false;
            }

            (gradient, _buffers[_next]) = (_buffers[_next], null);
            _next++;
            return true;
        }
    }

    /// <summary>Adds a gradient, or starts the sum with it.</summary>
    /// <param name="gradient"><see langword="null"/> for a first one that was received directly into the sum.</param>
    /// <param name="first">Whether it is the first.</param>
    /// <returns>The index of its first non-finite element; −1 if there is none.</returns>
    private int Add(HostTensor? gradient, bool first)
    {
        if (_sum is not null)
        {
            return gradient is null ? NonFinite.IndexOf(_sum.Memory.Span, _sum.Type) : FlatSum.Add(_sum, gradient);
        }

        using (NewDisposeScope())
        {
            if (first)
            {
                total.copy_(gradient!.Tensor);
            }
            else
            {
                total.add_(gradient!.Tensor.to(total.device));
            }
        }

        return NonFinite.IndexOf(gradient.Memory.Span, gradient.Type);
    }
}
