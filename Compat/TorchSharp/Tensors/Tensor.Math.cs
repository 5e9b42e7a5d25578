using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>What <c>div</c> does with the quotient.</summary>
    public enum RoundingMode
    {
        None,
        trunc,
        floor,
    }

    public partial class Tensor
    {
        private static readonly Op s_add = new("aten::add", "Tensor");
        private static readonly Op s_addScalar = new("aten::add", "Scalar");
        private static readonly Op s_sub = new("aten::sub", "Tensor");
        private static readonly Op s_subScalar = new("aten::sub", "Scalar");
        private static readonly Op s_mul = new("aten::mul", "Tensor");
        private static readonly Op s_mulScalar = new("aten::mul", "Scalar");
        private static readonly Op s_div = new("aten::div", "Tensor_mode");
        private static readonly Op s_divScalar = new("aten::div", "Scalar_mode");
        private static readonly Op s_abs = new("aten::abs");
        private static readonly Op s_neg = new("aten::neg");
        private static readonly Op s_sqrt = new("aten::sqrt");
        private static readonly Op s_exp = new("aten::exp");
        private static readonly Op s_log = new("aten::log");
        private static readonly Op s_reciprocal = new("aten::reciprocal");
        private static readonly Op s_pow = new("aten::pow", "Tensor_Tensor");
        private static readonly Op s_powScalar = new("aten::pow", "Tensor_Scalar");
        private static readonly Op s_maximum = new("aten::maximum");
        private static readonly Op s_addmm = new("aten::addmm");
        private static readonly Op s_mm = new("aten::mm");
        private static readonly Op s_matmul = new("aten::matmul");
        private static readonly Op s_relu = new("aten::relu");
        private static readonly Op s_tanh = new("aten::tanh");

        public Tensor add(Tensor target) => s_add.Call(this, target);

        public Tensor add(Tensor target, Scalar alpha) => s_add.Call(this, target, alpha);

        public Tensor add(Scalar scalar) => s_addScalar.Call(this, scalar);

        public Tensor add(Scalar scalar, Scalar alpha) => s_addScalar.Call(this, scalar, alpha);

        public Tensor sub(Tensor target) => s_sub.Call(this, target);

        public Tensor sub(Scalar target) => s_subScalar.Call(this, target);

        public Tensor mul(Tensor target) => s_mul.Call(this, target);

        public Tensor mul(Scalar target) => s_mulScalar.Call(this, target);

        public Tensor div(Tensor target, RoundingMode rounding_mode = RoundingMode.None) =>
            s_div.Call(this, target, Mode(rounding_mode));

        public Tensor div(Scalar target, RoundingMode rounding_mode = RoundingMode.None) =>
            s_divScalar.Call(this, target, Mode(rounding_mode));

        public Tensor abs() => s_abs.Call(this);

        public Tensor neg() => s_neg.Call(this);

        public Tensor negative() => neg();

        public Tensor sqrt() => s_sqrt.Call(this);

        public Tensor exp() => s_exp.Call(this);

        public Tensor log() => s_log.Call(this);

        public Tensor reciprocal() => s_reciprocal.Call(this);

        public Tensor pow(Tensor exponent) => s_pow.Call(this, exponent);

        public Tensor pow(Scalar exponent) => s_powScalar.Call(this, exponent);

        public Tensor square() => pow(2);

        public Tensor maximum(Tensor other) => s_maximum.Call(this, other);

        /// <summary>beta · this + alpha · mat1 @ mat2.</summary>
        public Tensor addmm(Tensor mat1, Tensor mat2, float beta = 1, float alpha = 1) =>
            s_addmm.Call(this, mat1, mat2, beta, alpha);

        public Tensor mm(Tensor target) => s_mm.Call(this, target);

        public Tensor matmul(Tensor target) => s_matmul.Call(this, target);

        public Tensor relu() => s_relu.Call(this);

        public Tensor tanh() => s_tanh.Call(this);

        private static Arg Mode(RoundingMode mode) => mode == RoundingMode.None ? default(Arg) : mode.ToString();
    }
}
