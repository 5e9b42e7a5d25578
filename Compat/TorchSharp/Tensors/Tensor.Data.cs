using TorchSharp.Interop;
using TorchSharp.Utils;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        private static readonly Op s_item = new("aten::item");

        /// <summary>The memory itself: writing through the span writes the tensor. CPU and contiguous only.</summary>
        public unsafe Span<byte> bytes
        {
            get
            {
                long length = NumberOfElements * ElementSize;
                if (!is_contiguous()) throw new InvalidOperationException("bytes called on a non-contiguous tensor");
                if (length > int.MaxValue) throw new ArgumentException("bytes spans at most int.MaxValue bytes");
                if (device_type != DeviceType.CPU) throw new InvalidOperationException("bytes called on a tensor outside CPU memory");
                return new Span<byte>((void*)DataPointer(), (int)length);
            }

            set
            {
                Span<byte> target = bytes;
                if (value.Length != target.Length) throw new ArgumentException("Mismatched data sizes in bytes.");
                value.CopyTo(target);
            }
        }

        public TensorAccessor<T> data<T>()
            where T : unmanaged
        {
            if (!Matches<T>(dtype)) throw new ArgumentException($"{typeof(T).Name} is not compatible with {dtype}");
            return new TensorAccessor<T>(device_type == DeviceType.CPU ? this : cpu());
        }

        public T item<T>()
            where T : unmanaged
        {
            if (NumberOfElements != 1) throw new ArgumentException("Number of elements in the tensor must be 1");
            return data<T>()[0];
        }

        /// <summary>The value of a tensor of one element.</summary>
        public Scalar ToScalar() => s_item.CallScalar(this);

        internal nint DataPointer()
        {
            if (NumberOfElements == 0) return 0;
            return Keep(Native.Check(Native.tl_data(Handle)));
        }

        private static bool Matches<T>(ScalarType type) => type switch
        {
            ScalarType.Byte => typeof(T) == typeof(byte),
            ScalarType.Int8 => typeof(T) == typeof(sbyte),
            ScalarType.Int16 => typeof(T) == typeof(short),
            ScalarType.Int32 => typeof(T) == typeof(int),
            ScalarType.Int64 => typeof(T) == typeof(long),
            ScalarType.Float16 => typeof(T) == typeof(Half),
            ScalarType.Float32 => typeof(T) == typeof(float),
            ScalarType.Float64 => typeof(T) == typeof(double),
            ScalarType.Bool => typeof(T) == typeof(bool),
            _ => false,
        };
    }
}
