using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        private static readonly Op s_view = new("aten::view");
        private static readonly Op s_reshape = new("aten::reshape");
        private static readonly Op s_flatten = new("aten::flatten", "using_ints");
        private static readonly Op s_indexSelect = new("aten::index_select");
        private static readonly Op s_narrow = new("aten::narrow");
        private static readonly Op s_slice = new("aten::slice", "Tensor");
        private static readonly Op s_split = new("aten::split", "Tensor");
        private static readonly Op s_splitSizes = new("aten::split_with_sizes");
        private static readonly Op s_contiguous = new("aten::contiguous");
        private static readonly Op s_clone = new("aten::clone");
        private static readonly Op s_t = new("aten::t");
        private static readonly Op s_transpose = new("aten::transpose", "int");
        private static readonly Op s_select = new("aten::select", "int");

        public Tensor view(params long[] shape) => s_view.Call(this, shape);

        public Tensor reshape(params long[] shape) => s_reshape.Call(this, shape);

        public Tensor flatten(long start_dim = 0, long end_dim = -1) => s_flatten.Call(this, start_dim, end_dim);

        public Tensor index_select(long dim, Tensor index) => s_indexSelect.Call(this, dim, index);

        public Tensor narrow(long dim, long start, long length) => s_narrow.Call(this, dim, start, length);

        public Tensor slice(long dim, long start, long finish, long step) => s_slice.Call(this, dim, start, finish, step);

        public Tensor[] split(long size, int dim = 0) => s_split.CallList(this, size, dim);

        public Tensor[] split(ReadOnlySpan<long> sizes, long dim = 0) => split(sizes.ToArray(), dim);

        public Tensor[] split(long[] sizes, long dim = 0) => s_splitSizes.CallList(this, sizes, dim);

        public Tensor[] split(params long[] sizes) => split(sizes, 0L);

        public Tensor contiguous() => s_contiguous.Call(this);

        public Tensor clone() => s_clone.Call(this);

        public Tensor t() => s_t.Call(this);

        public Tensor transpose(long dim0, long dim1) => s_transpose.Call(this, dim0, dim1);

        public Tensor select(long dim, long index) => s_select.Call(this, dim, index);
    }
}
