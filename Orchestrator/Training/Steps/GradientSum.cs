using TorchSharp;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Optimizers;
using TraversalLearning.Orchestration.Training.Model;
using TraversalLearning.Tensors;
using static TorchSharp.torch;

namespace TraversalLearning.Orchestration.Training.Steps;

/// <summary>
/// <c>∇θ_N = Σ_i ∇_i θ_N</c> of one step. Summed in plan order, whatever the order in which replies arrive, and as early as that allows: a
/// gradient whose predecessors have all been added is added at once and its memory goes to a later visit. So a step needs memory for the
/// visits that are under way, not for all of the plan.
/// </summary>
/// <param name="buffers">Lends the memory.</param>
/// <param name="total">Where the sum goes: <c>[P_N]</c>; owned.</param>
/// <param name="visits">How many visits the plan has.</param>
/// <param name="notFinite">Told of each visit whose gradient has NaN or infinity, and at which element, when that is added; may throw.</param>
internal sealed class GradientSum(BatchBuffers buffers, Tensor total, int visits, Action<int, int>? notFinite = null) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly HostTensor?[] _buffers = new HostTensor?[visits];

    // The first gradient is received where the sum is to stand.
    private readonly HostTensor? _sum = total.device_type == DeviceType.CPU ? new HostTensor(total) : null;
    private readonly bool[] _whole = new bool[visits];
    private int _next;
    private bool _adding;

    /// <summary>Where a visit's gradient is to be received; the same however often the visit is tried.</summary>
    public HostTensor BufferOf(int visit)
    {
        lock (_lock)
        {
            return visit == 0 && _sum is not null ? _sum : _buffers[visit] ??= buffers.Gradients.Lend();
        }
    }

    /// <summary>A visit's gradient is whole, and nothing writes to its memory any more.</summary>
    /// <returns>How many gradients this has made part of the sum: none if an earlier visit is still under way.</returns>
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

    /// <summary>Takes back the memory of gradients that will not be added. No reply may be on its way into it.</summary>
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

    /// <summary>Adds a gradient, or begins with it.</summary>
    /// <param name="gradient"><see langword="null"/> for the first one where that stands in the sum already.</param>
    /// <param name="first">Whether it is the first.</param>
    /// <returns>Its first element that is not finite; −1 if there is none.</returns>
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
