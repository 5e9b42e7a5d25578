using System.Security.Cryptography;
using TorchSharp;
using TraversalLearning.Hosting;
using TraversalLearning.Models.Layers;
using static TorchSharp.torch;

namespace TraversalLearning.Models.Parameters;

/// <summary>Where one parameter lies in θ.</summary>
/// <param name="Name">PyTorch's state-dict name.</param>
/// <param name="Shape">Its dimensions.</param>
/// <param name="Offset">First element in θ.</param>
/// <param name="Count">Number of elements.</param>
public sealed record ParameterSlice(string Name, long[] Shape, long Offset, long Count);

/// <summary>
/// θ in one contiguous tensor and its gradient in another, the model's parameters being leaf tensors on that shared storage.
/// The layers see ordinary parameters; the optimizer, the wire, the hash and the checkpoint see one range of bytes.
/// Each has a CPU side that travels; where the device is the CPU, it is the same storage and the copies between are none.
/// </summary>
public sealed class FlatParameters : IDisposable
{
    private readonly HostTensor _hostValues;
    private readonly HostTensor _hostGradient;
    private TorchSharp.Modules.Parameter? _forOptimizer;

    /// <summary>Moves the parameters of <paramref name="model"/>, in the order of its layers, onto one storage.</summary>
    /// <param name="model">Built on the CPU in float32; its parameters keep their values, in the new type.</param>
    /// <param name="type">Element type to train in.</param>
    /// <param name="device">Where to train.</param>
    /// <param name="gradientCount">How many elements from the front get a gradient: all of θ, or those of <c>θ_N</c>.</param>
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

    /// <summary>Every parameter's place, in order.</summary>
    public IReadOnlyList<ParameterSlice> Layout { get; }

    /// <summary>What the model keeps beside θ (<see cref="LayeredModel.Buffers"/>), on the device. The model owns them.</summary>
    public IReadOnlyList<(string Name, Tensor Tensor)> Buffers { get; }

    /// <summary>Elements of θ.</summary>
    public long Count { get; }

    /// <summary>Whether the device is the CPU, so that the CPU sides are the tensors themselves.</summary>
    public bool OnHost { get; }

    /// <summary>θ: <c>[P]</c> on the device.</summary>
    public Tensor Values { get; }

    /// <summary>∇θ or its front: <c>[gradientCount]</c> on the device. Backward passes accumulate into it.</summary>
    public Tensor Gradient { get; }

    /// <summary>θ's bytes on the CPU.</summary>
    public Memory<byte> ValueBytes => _hostValues.Memory;

    /// <summary>The CPU side of <see cref="Gradient"/>.</summary>
    public HostTensor HostGradient => _hostGradient;

    /// <summary>A parameter on the same storage for elementwise optimizers, its gradient being <see cref="Gradient"/>. It stays this object's.</summary>
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

    /// <summary>After the bytes have changed: brings them to the device.</summary>
    public void ValuesFromHost() => Copy(_hostValues.Tensor, Values);

    /// <summary>Before the bytes are read: brings them from the device.</summary>
    public void ValuesToHost() => Copy(Values, _hostValues.Tensor);

    /// <summary>Before the gradient's bytes are read: brings them from the device.</summary>
    public void GradientToHost() => Copy(Gradient, _hostGradient.Tensor);

    /// <summary>Takes over the values of another θ of the same layout.</summary>
    public void CopyValuesFrom(FlatParameters other)
    {
        using (no_grad())
        {
            Values.copy_(other.Values);
        }
    }

    /// <summary>The SHA-256 over all parameter bytes in hex, by which two runs are compared.</summary>
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
