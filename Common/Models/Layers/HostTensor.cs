using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;
using TraversalLearning.Tensors;
using static TorchSharp.torch;

namespace TraversalLearning.Models.Layers;

/// <summary>
/// A contiguous CPU tensor whose storage is also <see cref="Memory{T}"/>, so that sockets read and write it in place.
/// Owns the tensor; the memory must not be used after <see cref="IDisposable.Dispose"/>.
/// </summary>
public sealed unsafe class HostTensor : MemoryManager<byte>
{
    private readonly byte* _data;
    private readonly int _length;

    /// <summary>Takes ownership of <paramref name="tensor"/>, which must be contiguous, on the CPU and at most 2 GiB.</summary>
    public HostTensor(Tensor tensor)
    {
        Tensor = tensor.DetachFromDisposeScope();
        Shape = tensor.shape;
        Span<byte> bytes = tensor.numel() == 0 ? [] : tensor.bytes;
        _data = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(bytes));
        _length = bytes.Length;
    }

    /// <summary>The tensor.</summary>
    public Tensor Tensor { get; }

    /// <summary>The tensor's dimensions.</summary>
    public long[] Shape { get; }

    /// <summary>The tensor's element type on the wire.</summary>
    public ElementType Type => Tensor.dtype.ToElementType();

    /// <summary>A tensor's values without its graph. Shares the storage if that is contiguous and on the CPU; copies it otherwise.</summary>
    public static HostTensor Of(Tensor tensor)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor host = tensor.detach();
        host = host.is_contiguous() ? host : host.contiguous();
        return new HostTensor(host.device_type == DeviceType.CPU ? host : host.cpu());
    }

    /// <summary>A tensor of zeros.</summary>
    public static HostTensor Zeros(long[] shape, ScalarType type) => new(zeros(shape, dtype: type, device: CPU));

    /// <summary>The memory of rows <paramref name="start"/> to <paramref name="start"/> + <paramref name="count"/> of the first dimension.</summary>
    public Memory<byte> Rows(int start, int count)
    {
        int rowLength = Shape[0] == 0 ? 0 : (int)(_length / Shape[0]);
        return Memory.Slice(start * rowLength, count * rowLength);
    }

    /// <inheritdoc/>
    public override Span<byte> GetSpan() => new(_data, _length);

    /// <inheritdoc/>
    public override MemoryHandle Pin(int elementIndex = 0) => new(_data + elementIndex);

    /// <inheritdoc/>
    public override void Unpin()
    {
        // Native memory does not move.
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Tensor.Dispose();
        }
    }
}
