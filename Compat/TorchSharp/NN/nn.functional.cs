using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>How a loss sums up its elements.</summary>
        public enum Reduction : long
        {
            None = 0,
            Mean = 1,
            Sum = 2,
        }

        public static partial class functional
        {
            private static readonly Op s_linear = new("aten::linear");
            private static readonly Op s_conv2d = new("aten::conv2d");
            private static readonly Op s_conv2dPadding = new("aten::conv2d", "padding");
            private static readonly Op s_maxPool2d = new("aten::max_pool2d");
            private static readonly Op s_logSoftmax = new("aten::log_softmax", "int");
            private static readonly Op s_dropout = new("aten::dropout");
            private static readonly Op s_dropoutInPlace = new("aten::dropout_");
            private static readonly Op s_nllLoss = new("aten::nll_loss_nd");
            private static readonly Op s_crossEntropy = new("aten::cross_entropy_loss");
            private static readonly Op s_mseLoss = new("aten::mse_loss");
            private static readonly long[] s_one = [1];
            private static readonly long[] s_zero = [0];

            public static Tensor relu(Tensor x, bool inplace = false) => inplace ? x.relu_().alias() : x.relu();

            public static Tensor log_softmax(Tensor x, long dim) => s_logSoftmax.Call(x, dim);

            public static Tensor dropout(Tensor input, double p = 0.5, bool training = true, bool inplace = false) =>
                (inplace ? s_dropoutInPlace : s_dropout).Call(input, p, training);

            public static Tensor linear(Tensor input, Tensor weights, Tensor? bias = null) => s_linear.Call(input, weights, bias);

            public static Tensor conv2d(Tensor input, Tensor weight, Tensor? bias = null, long[]? strides = null, long[]? padding = null, long[]? dilation = null, long groups = 1) =>
                s_conv2d.Call(input, weight, bias, strides ?? s_one, padding ?? s_zero, dilation ?? s_one, groups);

            public static Tensor conv2d_padding(Tensor input, Tensor weight, Tensor? bias = null, long[]? strides = null, Padding padding = Padding.Valid, long[]? dilation = null, long groups = 1) =>
                s_conv2dPadding.Call(input, weight, bias, strides ?? s_one, padding == Padding.Same ? "same" : "valid", dilation ?? s_one, groups);

            public static Tensor max_pool2d(Tensor input, long kernel_size, long? stride = null, long? padding = null, long? dilation = null, bool ceil_mode = false) =>
                max_pool2d(input, [kernel_size], [stride ?? kernel_size], [padding ?? 0], [dilation ?? 1], ceil_mode);

            public static Tensor max_pool2d(Tensor input, long[] kernel_size, long[]? strides = null, long[]? padding = null, long[]? dilation = null, bool ceil_mode = false) =>
                s_maxPool2d.Call(input, kernel_size, strides ?? kernel_size, padding ?? s_zero, dilation ?? s_one, ceil_mode);

            /// <summary>input: log-probabilities [B, C]; target: int64 class numbers [B].</summary>
            public static Tensor nll_loss(Tensor input, Tensor target, Tensor? weight = null, Reduction reduction = Reduction.Mean) =>
                s_nllLoss.Call(input, target, weight, (long)reduction);

            /// <summary>input: logits [B, C]; target: int64 class numbers [B].</summary>
            public static Tensor cross_entropy(Tensor input, Tensor target, Tensor? weight = null, long ignore_index = -100, Reduction reduction = Reduction.Mean, double label_smoothing = 0.0) =>
                s_crossEntropy.Call(input, target, weight, (long)reduction, ignore_index, label_smoothing);

            public static Tensor mse_loss(Tensor input, Tensor target, Reduction reduction = Reduction.Mean) =>
                s_mseLoss.Call(input, target, (long)reduction);
        }
    }
}
