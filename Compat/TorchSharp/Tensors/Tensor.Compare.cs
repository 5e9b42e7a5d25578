using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        private static readonly Op s_eq = new("aten::eq", "Tensor");
        private static readonly Op s_eqScalar = new("aten::eq", "Scalar");
        private static readonly Op s_gtScalar = new("aten::gt", "Scalar");
        private static readonly Op s_equal = new("aten::equal");
        private static readonly Op s_allclose = new("aten::allclose");
        private static readonly Op s_isfinite = new("aten::isfinite");

        /// <summary>Elementwise.</summary>
        public Tensor eq(Tensor target) => s_eq.Call(this, target);

        public Tensor eq(Scalar target) => s_eqScalar.Call(this, target);

        /// <summary>Elementwise.</summary>
        public Tensor gt(Scalar target) => s_gtScalar.Call(this, target);

        /// <summary>Elementwise, as TorchSharp has it; for a bool use <see cref="Equals(Tensor)"/>.</summary>
        public Tensor equal(Tensor target) => eq(target);

        /// <summary>Whether both have the same shape and the same elements.</summary>
        public bool Equals(Tensor target) => target is not null && s_equal.CallScalar(this, target).ToBoolean();

        public bool allclose(Tensor target, double rtol = 1e-05, double atol = 1e-08, bool equal_nan = false) =>
            target is not null && s_allclose.CallScalar(this, target, rtol, atol, equal_nan).ToBoolean();

        public Tensor isfinite() => s_isfinite.Call(this);
    }
}
