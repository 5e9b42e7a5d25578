using TorchSharp.Modules;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Parameters;
using static TorchSharp.torch;

namespace TraversalLearning.Nodes;

/// <summary>
/// <c>∇_i θ_N</c>, <c>[P_N]</c>, from the backward pass until its reply has been sent. Its memory is reused after
/// <see cref="Dispose"/>.
/// </summary>
public sealed class ParameterGradient : IDisposable
{
    private readonly Action<ParameterGradient> _giveBack;
    private readonly HostTensor _host;
    private readonly Tensor[] _views;

    internal ParameterGradient(IReadOnlyList<ParameterSlice> slices, ScalarType type, Action<ParameterGradient> giveBack)
    {
        _giveBack = giveBack;
        _host = HostTensor.Zeros([slices.Sum(s => s.Count)], type);
        _views = [.. slices.Select(View)];
    }

    /// <summary>The gradient on the CPU.</summary>
    public Tensor Tensor => _host.Tensor;

    /// <summary><c>[P_N]</c>.</summary>
    public long[] Shape => _host.Shape;

    /// <summary>The gradient's bytes.</summary>
    public Memory<byte> Memory => _host.Memory;

    /// <summary>Returns the memory for reuse; the gradient must not be read afterwards.</summary>
    public void Dispose() => _giveBack(this);

    /// <summary>
    /// Takes the gradients that a backward pass left at the parameters, which must have had none before: autograd then hands over
    /// its own result instead of adding it to an existing tensor, element by element.
    /// </summary>
    internal void TakeFrom(Parameter[] parameters)
    {
        for (int i = 0; i < parameters.Length; i++)
        {
            using Tensor? gradient = parameters[i].grad;
            if (gradient is null)
            {
                _views[i].zero_(); // The output does not depend on it.
            }
            else
            {
                _views[i].copy_(gradient);
            }
        }
    }

    internal void Free()
    {
        foreach (Tensor view in _views)
        {
            view.Dispose();
        }

        ((IDisposable)_host).Dispose();
    }

    private Tensor View(ParameterSlice slice)
    {
        using Tensor part = _host.Tensor.narrow(0, slice.Offset, slice.Count);
        return part.view(slice.Shape).DetachFromDisposeScope();
    }
}
