using System.Runtime.InteropServices;
using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>A tensor over the array's own memory, pinned until the last tensor that uses it is freed.</summary>
    public static Tensor from_array(Array rawArray, Device? device = null) =>
        from_array(rawArray, dtype: null, device);

    public static Tensor from_array(Array rawArray, ScalarType? dtype, Device? device = null, bool requires_grad = false, string[]? names = null)
    {
        long[] shape = new long[rawArray.Rank];
        for (int i = 0; i < shape.Length; i++) shape[i] = rawArray.GetLongLength(i);
        ScalarType own = ToScalarType(rawArray.GetType().GetElementType()!);
        Tensor tensor = Shared(rawArray, shape, own, 0);
        if ((dtype ?? own) != own || device is { type: not DeviceType.CPU })
            tensor = tensor.to(dtype ?? own, device ?? CPU, disposeAfter: true);
        return Created(tensor, requires_grad);
    }

    /// <summary>A one-dimensional tensor over <paramref name="count"/> of the array's elements; offset in elements.</summary>
    public static Tensor frombuffer(Array rawArray, ScalarType dtype, long count = -1, long offset = 0, bool requires_grad = false)
    {
        long length = rawArray.LongLength;
        if (offset < 0 || offset >= length) throw new ArgumentException($"invalid value for 'offset': {offset}");
        if (count < 0) count = length - offset;
        if (count > length - offset) throw new IndexOutOfRangeException($"element count is too large: {count}");
        ScalarType own = ToScalarType(rawArray.GetType().GetElementType()!);
        Tensor tensor = Shared(rawArray, [count], own, offset);
        if (dtype != own) tensor = tensor.to_type(dtype, disposeAfter: true);
        return Created(tensor, requires_grad);
    }

    internal static ScalarType ToScalarType(Type type) => type switch
    {
        _ when type == typeof(byte) => ScalarType.Byte,
        _ when type == typeof(sbyte) => ScalarType.Int8,
        _ when type == typeof(short) => ScalarType.Int16,
        _ when type == typeof(int) => ScalarType.Int32,
        _ when type == typeof(long) => ScalarType.Int64,
        _ when type == typeof(Half) => ScalarType.Float16,
        _ when type == typeof(float) => ScalarType.Float32,
        _ when type == typeof(double) => ScalarType.Float64,
        _ when type == typeof(bool) => ScalarType.Bool,
        _ => throw new NotSupportedException($"no tensor of {type}"),
    };

    private static unsafe Tensor Shared(Array array, long[] shape, ScalarType type, long offset)
    {
        GCHandle pin = GCHandle.Alloc(array, GCHandleType.Pinned);
        byte* data = (byte*)pin.AddrOfPinnedObject() + (offset * type.ElementSize());
        fixed (long* sizes = shape)
        {
            nint handle = Native.tl_from_blob(data, sizes, shape.Length, (int)type, &Unpin, GCHandle.ToIntPtr(pin));
            if (handle == 0) pin.Free();
            return new Tensor(Native.Check(handle));
        }
    }

    [UnmanagedCallersOnly]
    private static void Unpin(nint pin) => GCHandle.FromIntPtr(pin).Free();
}
