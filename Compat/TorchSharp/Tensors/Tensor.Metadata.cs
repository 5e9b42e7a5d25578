using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public long Dimensions => Keep(Native.tl_dim(Handle));

        public long ndim => Dimensions;

        public long NumberOfElements => Keep(Native.tl_numel(Handle));

        /// <summary>Bytes of one element.</summary>
        public long ElementSize => Keep(Native.tl_element_size(Handle));

        public ScalarType dtype => (ScalarType)Keep(Native.tl_dtype(Handle));

        public DeviceType device_type => (DeviceType)Keep(Native.tl_device_type(Handle));

        public int device_index => Keep(Native.tl_device_index(Handle));

        public Device device => device_type == DeviceType.CPU ? CPU : new Device(device_type, device_index);

        public bool is_cuda => device_type == DeviceType.CUDA;

        public bool is_leaf => Keep(Native.tl_is_leaf(Handle)) != 0;

        public long[] shape => size();

        public long dim() => Dimensions;

        public long numel() => NumberOfElements;

        public long element_size() => ElementSize;

        public bool is_floating_point() => torch.is_floating_point(dtype);

        public bool is_contiguous() => Keep(Native.tl_is_contiguous(Handle)) != 0;

        public unsafe long[] size()
        {
            long[] sizes = new long[Dimensions];
            fixed (long* p = sizes) Native.tl_sizes(Handle, p);
            return Keep(sizes);
        }

        public long size(int dim)
        {
            long[] sizes = size();
            return sizes[dim < 0 ? dim + sizes.Length : dim];
        }

        public unsafe long[] stride()
        {
            long[] strides = new long[Dimensions];
            fixed (long* p = strides) Native.tl_strides(Handle, p);
            return Keep(strides);
        }

        /// <summary>Keeps this tensor from being finalized before a native call with its handle has returned.</summary>
        private T Keep<T>(T result)
        {
            GC.KeepAlive(this);
            return result;
        }
    }
}
