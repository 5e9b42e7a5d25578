using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        private static readonly Op s_sum = new("aten::sum");
        private static readonly Op s_sumDims = new("aten::sum", "dim_IntList");
        private static readonly Op s_mean = new("aten::mean");
        private static readonly Op s_meanDims = new("aten::mean", "dim");
        private static readonly Op s_max = new("aten::max");
        private static readonly Op s_maxDim = new("aten::max", "dim");
        private static readonly Op s_min = new("aten::min");
        private static readonly Op s_minDim = new("aten::min", "dim");
        private static readonly Op s_minimum = new("aten::minimum");
        private static readonly Op s_argmax = new("aten::argmax");
        private static readonly Op s_norm = new("aten::norm", "Scalar");
        private static readonly Op s_all = new("aten::all");
        private static readonly Op s_any = new("aten::any");

        public Tensor sum(ScalarType? type = null) => s_sum.Call(this, type);

        public Tensor sum(long dim, bool keepdim = false, ScalarType? type = null) => sum(new[] { dim }, keepdim, type);

        public Tensor sum(long[] dim, bool keepdim = false, ScalarType? type = null) => s_sumDims.Call(this, dim, keepdim, type);

        public Tensor sum(ReadOnlySpan<long> dim, bool keepdim = false, ScalarType? type = null) =>
            sum(dim.ToArray(), keepdim, type);

        public Tensor mean() => s_mean.Call(this);

        public Tensor mean(long[] dimensions, bool keepdim = false, ScalarType? type = null) =>
            s_meanDims.Call(this, dimensions, keepdim, type);

        public Tensor max() => s_max.Call(this);

        public Tensor max(Tensor other) => maximum(other);

        public (Tensor values, Tensor indexes) max(long dim, bool keepdim = false) => s_maxDim.CallPair(this, dim, keepdim);

        public Tensor min() => s_min.Call(this);

        public Tensor min(Tensor other) => s_minimum.Call(this, other);

        public (Tensor values, Tensor indexes) min(long dim, bool keepdim = false) => s_minDim.CallPair(this, dim, keepdim);

        public Tensor argmax() => s_argmax.Call(this);

        public Tensor argmax(long dim, bool keepdim = false) => s_argmax.Call(this, dim, keepdim);

        public Tensor norm(float p = 2.0f) => s_norm.Call(this, p);

        public Tensor all() => s_all.Call(this);

        public Tensor any() => s_any.Call(this);
    }
}
