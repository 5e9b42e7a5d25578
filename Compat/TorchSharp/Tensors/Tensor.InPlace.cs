using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    // Every one of these returns the very object that it was called on.
    public partial class Tensor
    {
        private static readonly Op s_copyInPlace = new("aten::copy_");
        private static readonly Op s_setInPlace = new("aten::set_", "source_Tensor");
        private static readonly Op s_zeroInPlace = new("aten::zero_");
        private static readonly Op s_fillInPlace = new("aten::fill_", "Scalar");
        private static readonly Op s_addInPlace = new("aten::add_", "Tensor");
        private static readonly Op s_addScalarInPlace = new("aten::add_", "Scalar");
        private static readonly Op s_subInPlace = new("aten::sub_", "Tensor");
        private static readonly Op s_subScalarInPlace = new("aten::sub_", "Scalar");
        private static readonly Op s_mulInPlace = new("aten::mul_", "Tensor");
        private static readonly Op s_mulScalarInPlace = new("aten::mul_", "Scalar");
        private static readonly Op s_divInPlace = new("aten::div_", "Tensor_mode");
        private static readonly Op s_divScalarInPlace = new("aten::div_", "Scalar_mode");
        private static readonly Op s_addcmulInPlace = new("aten::addcmul_");
        private static readonly Op s_addcdivInPlace = new("aten::addcdiv_");
        private static readonly Op s_absInPlace = new("aten::abs_");
        private static readonly Op s_negInPlace = new("aten::neg_");
        private static readonly Op s_sqrtInPlace = new("aten::sqrt_");
        private static readonly Op s_expInPlace = new("aten::exp_");
        private static readonly Op s_logInPlace = new("aten::log_");
        private static readonly Op s_powInPlace = new("aten::pow_", "Scalar");
        private static readonly Op s_reluInPlace = new("aten::relu_");
        private static readonly Op s_tanhInPlace = new("aten::tanh_");

        public Tensor copy_(Tensor source, bool nonBlocking = false) => InPlace(s_copyInPlace, source, nonBlocking);

        /// <summary>Makes this tensor a view of the source's storage, of its shape and strides.</summary>
        public Tensor set_(Tensor source) => InPlace(s_setInPlace, source);

        public Tensor zero_() => InPlace(s_zeroInPlace);

        public Tensor fill_(Scalar value) => InPlace(s_fillInPlace, value);

        public Tensor add_(Tensor target) => InPlace(s_addInPlace, target);

        public Tensor add_(Tensor target, Scalar alpha) => InPlace(s_addInPlace, target, alpha);

        public Tensor add_(Scalar scalar) => InPlace(s_addScalarInPlace, scalar);

        public Tensor add_(Scalar scalar, Scalar alpha) => InPlace(s_addScalarInPlace, scalar, alpha);

        public Tensor sub_(Tensor target) => InPlace(s_subInPlace, target);

        public Tensor sub_(Scalar target) => InPlace(s_subScalarInPlace, target);

        public Tensor mul_(Tensor target) => InPlace(s_mulInPlace, target);

        public Tensor mul_(Scalar target) => InPlace(s_mulScalarInPlace, target);

        public Tensor div_(Tensor target, RoundingMode rounding_mode = RoundingMode.None) =>
            InPlace(s_divInPlace, target, Mode(rounding_mode));

        public Tensor div_(Scalar target, RoundingMode rounding_mode = RoundingMode.None) =>
            InPlace(s_divScalarInPlace, target, Mode(rounding_mode));

        /// <summary>this += value · tensor1 · tensor2.</summary>
        public Tensor addcmul_(Tensor tensor1, Tensor tensor2, Scalar value) =>
            InPlace(s_addcmulInPlace, tensor1, tensor2, value);

        /// <summary>this += value · tensor1 / tensor2.</summary>
        public Tensor addcdiv_(Tensor tensor1, Tensor tensor2, Scalar value) =>
            InPlace(s_addcdivInPlace, tensor1, tensor2, value);

        public Tensor addcdiv_(Tensor tensor1, Tensor tensor2) => InPlace(s_addcdivInPlace, tensor1, tensor2);

        public Tensor abs_() => InPlace(s_absInPlace);

        public Tensor neg_() => InPlace(s_negInPlace);

        public Tensor sqrt_() => InPlace(s_sqrtInPlace);

        public Tensor exp_() => InPlace(s_expInPlace);

        public Tensor log_() => InPlace(s_logInPlace);

        public Tensor pow_(Scalar exponent) => InPlace(s_powInPlace, exponent);

        public Tensor relu_() => InPlace(s_reluInPlace);

        public Tensor tanh_() => InPlace(s_tanhInPlace);

        private Tensor InPlace(Op op)
        {
            op.Run(this);
            return this;
        }

        private Tensor InPlace(Op op, Arg first)
        {
            op.Run(this, first);
            return this;
        }

        private Tensor InPlace(Op op, Arg first, Arg second)
        {
            op.Run(this, first, second);
            return this;
        }

        private Tensor InPlace(Op op, Arg first, Arg second, Arg third)
        {
            op.Run(this, first, second, third);
            return this;
        }
    }
}
