using TorchSharp.Modules;
using TraversalLearning.Models;
using static TorchSharp.torch;

namespace TraversalLearning.Nodes;

/// <summary>
/// <c>∇_i θ_N</c> from the backward pass that accumulates it to the last byte of the reply that carries it: <c>[P_N]</c>. Its memory is used
/// again for another one after <see cref="Dispose"/>.
/// </summary>
public sealed class ParameterGradient : IDisposable
{
    private readonly Action<ParameterGradient> _giveBack;
    private readonly Tensor _flat;
    private readonly Tensor[] _views;
    private readonly HostTensor _host;

    internal ParameterGradient(IReadOnlyList<ParameterSlice> slices, ScalarType type, Device device, Action<ParameterGradient> giveBack)
    {
        _giveBack = giveBack;
        long count = slices.Sum(s => s.Count);
        _flat = zeros([count], dtype: type, device: device).DetachFromDisposeScope();
        _views = [.. slices.Select(View)];
        _host = device.type == TorchSharp.DeviceType.CPU ? new HostTensor(_flat) : HostTensor.Zeros([count], type);
    }

    /// <summary>The gradient on the CPU.</summary>
    public Tensor Tensor => _host.Tensor;

    /// <summary><c>[P_N]</c>.</summary>
    public long[] Shape => _host.Shape;

    /// <summary>Its bytes.</summary>
    public Memory<byte> Memory => _host.Memory;

    /// <summary>Lets go of the gradient; nobody may read it any more.</summary>
    public void Dispose() => _giveBack(this);

    /// <summary>From here on backward passes accumulate into this one, beginning with zero.</summary>
    internal void Attach(Parameter[] parameters)
    {
        _flat.zero_();
        for (int i = 0; i < parameters.Length; i++)
        {
            parameters[i].grad = _views[i];
        }
    }

    /// <summary>Brings the bytes from the device; where that is the CPU, they are there.</summary>
    internal void ToHost()
    {
        if (!ReferenceEquals(_host.Tensor, _flat))
        {
            _host.Tensor.copy_(_flat);
        }
    }

    internal void Free()
    {
        foreach (Tensor view in _views)
        {
            view.Dispose();
        }

        ((IDisposable)_host).Dispose();
        _flat.Dispose();
    }

    private Tensor View(ParameterSlice slice)
    {
        using Tensor part = _flat.narrow(0, slice.Offset, slice.Count);
        return part.view(slice.Shape).DetachFromDisposeScope();
    }
}
