using System.Security.Cryptography;
using TorchSharp;
using TraversalLearning.Hosting;
using TraversalLearning.Models.Layers;
using static TorchSharp.torch;

namespace TraversalLearning.Models.Parameters;

/// <summary>The position of one parameter in θ.</summary>
/// <param name="Name">PyTorch's state-dict name.</param>
/// <param name="Shape">Its dimensions.</param>
/// <param name="Offset">Index of its first element in θ.</param>
/// <param name="Count">Number of elements.</param>
public sealed record ParameterSlice(string Name, long[] Shape, long Offset, long Count);

/// <summary>
/// θ in one contiguous tensor and its gradient in another; the model's parameters are leaf tensors on that shared storage.
/// The layers see ordinary parameters; the optimizer, the wire, the hash and the checkpoint see one range of bytes.
/// Each has a CPU side for the wire. If the device is the CPU, that is the same storage, and copies between them do nothing.
/// </summary>
public sealed class FlatParameters : IDisposable
{
    private readonly HostTensor _hostValues;
    private readonly HostTensor _hostGradient;
    private TorchSharp.Modules.Parameter? _forOptimizer;

    /// <summary>Moves the parameters of <paramref name="model"/>, in layer order, onto one storage.</summary>
    /// <param name="model">Built on the CPU in float32. The parameters keep their values, converted to the new type.</param>
    /// <param name="type">Element type to train in.</param>
    /// <param name="device">Device to train on.</param>
    /// <param name="gradientCount">Number of leading elements that get a gradient: all of θ, or those of <c>θ_N</c>.</param>
    public FlatParameters(LayeredModel model, ScalarType type, Device device, long gradientCount)
    {
        LibTorch.RequireLoaded();
        model.to(type);
        model.to(device);
        OnHost = device.type == DeviceType.CPU;
        Count = model.ParameterCount;
        Values = empty([Count], dtype: type, device: device);
        Gradient = zeros([gradientCount], dtype: type, device: device);
        var layout = new List<ParameterSlice>();
        using (no_grad())
        {
            long offset = 0;
            foreach ((string name, TorchSharp.Modules.Parameter parameter) in model.named_parameters())
            {
                long count = parameter.numel();
                using Tensor view = ViewOf(Values, offset, parameter);
                view.copy_(parameter);
                parameter.set_(view);
                if (offset + count <= gradientCount)
                {
                    parameter.grad = ViewOf(Gradient, offset, parameter);
                }

                layout.Add(new ParameterSlice(name, parameter.shape, offset, count));
                offset += count;
            }
        }

        Layout = layout;
        Buffers = model.Buffers;
        _hostValues = OnHost ? new HostTensor(Values) : HostTensor.Zeros([Count], type);
        _hostGradient = OnHost ? new HostTensor(Gradient) : HostTensor.Zeros([gradientCount], type);
    }

    /// <summary>The position of every parameter, in order.</summary>
    public IReadOnlyList<ParameterSlice> Layout { get; }

    /// <summary>The model's buffers (<see cref="LayeredModel.Buffers"/>), on the device. The model owns them.</summary>
    public IReadOnlyList<(string Name, Tensor Tensor)> Buffers { get; }

    /// <summary>Number of elements of θ.</summary>
    public long Count { get; }

    /// <summary>Whether the device is the CPU, so that the CPU sides are the tensors themselves.</summary>
    public bool OnHost { get; }

    /// <summary>θ: <c>[P]</c> on the device.</summary>
    public Tensor Values { get; }

    /// <summary>∇θ or its leading part: <c>[gradientCount]</c> on the device. Backward passes accumulate into it.</summary>
    public Tensor Gradient { get; }

    /// <summary>θ's bytes on the CPU.</summary>
    public Memory<byte> ValueBytes => _hostValues.Memory;

    /// <summary>The CPU side of <see cref="Gradient"/>.</summary>
    public HostTensor HostGradient => _hostGradient;

    /// <summary>θ as one parameter for elementwise optimizers, with <see cref="Gradient"/> as its gradient. Owned by this object.</summary>
    public TorchSharp.Modules.Parameter ForOptimizer()
    {
        if (_forOptimizer is null)
        {
            // detach: making the base itself require a gradient slows every later backward pass (the views' history is derived anew).
            _forOptimizer = new TorchSharp.Modules.Parameter(Values.detach().DetachFromDisposeScope());
            _forOptimizer.grad = Gradient;
        }

        return _forOptimizer;
    }

    /// <summary>Copies θ from its bytes to the device.</summary>
    public void ValuesFromHost() => Copy(_hostValues.Tensor, Values);

    /// <summary>Copies θ from the device to its bytes.</summary>
    public void ValuesToHost() => Copy(Values, _hostValues.Tensor);

    /// <summary>Copies the gradient from the device to its bytes.</summary>
    public void GradientToHost() => Copy(Gradient, _hostGradient.Tensor);

    /// <summary>Copies the gradient from its bytes to the device.</summary>
    public void GradientFromHost() => Copy(_hostGradient.Tensor, Gradient);

    /// <summary>Copies the values of another θ of the same layout.</summary>
    public void CopyValuesFrom(FlatParameters other)
    {
        using (no_grad())
        {
            Values.copy_(other.Values);
        }
    }

    /// <summary>SHA-256 of all parameter bytes in hex, to compare runs.</summary>
    public string Sha256()
    {
        ValuesToHost();
        return Convert.ToHexStringLower(SHA256.HashData(ValueBytes.Span));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ((IDisposable)_hostValues).Dispose();
        ((IDisposable)_hostGradient).Dispose();
        _forOptimizer?.Dispose();
        Values.Dispose();
        Gradient.Dispose();
    }

    private static Tensor ViewOf(Tensor flat, long offset, Tensor like)
    {
        using Tensor slice = flat.narrow(0, offset, like.numel());
        return slice.view(like.shape);
    }

    private void Copy(Tensor from, Tensor to)
    {
        if (!OnHost)
        {
            using (no_grad())
            {
                to.copy_(from);
            }
        }
    }
}
