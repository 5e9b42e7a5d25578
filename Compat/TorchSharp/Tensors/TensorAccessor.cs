using System.Collections;

namespace TorchSharp.Utils;

/// <summary>Typed access to a CPU tensor's elements in row-major order, whatever its strides.</summary>
public sealed class TensorAccessor<T> : IDisposable, IEnumerable<T>
    where T : unmanaged
{
    private readonly torch.Tensor _tensor;
    private readonly nint _data;
    private readonly long[] _shape;
    private readonly long[] _strides;

    internal TensorAccessor(torch.Tensor tensor)
    {
        _tensor = tensor;
        _data = tensor.DataPointer();
        _shape = tensor.shape;
        _strides = tensor.stride();
        Count = tensor.NumberOfElements;
    }

    public long Count { get; }

    public bool IsReadOnly => false;

    /// <summary>One index counts in row-major order; as many as there are dimensions name an element.</summary>
    public unsafe T this[params long[] indices]
    {
        get => ((T*)_data)[Offset(indices)];
        set => ((T*)_data)[Offset(indices)] = value;
    }

    public T[] ToArray()
    {
        var result = new T[Count];
        CopyTo(result);
        return result;
    }

    public void CopyTo(T[] array, int arrayIndex = 0, long tensorIndex = 0) => CopyTo(array.AsSpan(), arrayIndex, tensorIndex);

    public unsafe void CopyTo(Span<T> array, int arrayIndex = 0, long tensorIndex = 0)
    {
        int count = (int)Math.Min(Count - tensorIndex, array.Length - arrayIndex);
        if (_tensor.is_contiguous())
        {
            new Span<T>((T*)_data + tensorIndex, count).CopyTo(array[arrayIndex..]);
            return;
        }

        for (int i = 0; i < count; i++) array[arrayIndex + i] = ((T*)_data)[Offset(tensorIndex + i)];
    }

    public void CopyFrom(T[] array, int arrayIndex = 0, long tensorIndex = 0) =>
        CopyFrom((ReadOnlySpan<T>)array, arrayIndex, tensorIndex);

    public unsafe void CopyFrom(ReadOnlySpan<T> array, int arrayIndex = 0, long tensorIndex = 0)
    {
        int count = (int)Math.Min(Count - tensorIndex, array.Length - arrayIndex);
        for (int i = 0; i < count; i++) ((T*)_data)[Offset(tensorIndex + i)] = array[arrayIndex + i];
    }

    public IEnumerator<T> GetEnumerator()
    {
        for (long i = 0; i < Count; i++) yield return this[i];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public void Dispose()
    {
    }

    private long Offset(long[] indices)
    {
        if (indices.Length == 1) return Offset(indices[0]);
        if (indices.Length != _shape.Length) throw new ArgumentException("as many indices as dimensions are needed");
        long offset = 0;
        for (int i = 0; i < indices.Length; i++)
        {
            if ((ulong)indices[i] >= (ulong)_shape[i]) throw new IndexOutOfRangeException();
            offset += indices[i] * _strides[i];
        }

        return offset;
    }

    private long Offset(long index)
    {
        if ((ulong)index >= (ulong)Count) throw new IndexOutOfRangeException();
        long offset = 0;
        for (int i = _shape.Length - 1; i >= 0; i--)
        {
            (index, long at) = Math.DivRem(index, _shape[i]);
            offset += at * _strides[i];
        }

        return offset;
    }
}
