using TorchSharp.Modules;

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            public static Conv1d Conv1d(long in_channels, long out_channels, long kernel_size, long stride = 1, long padding = 0, long dilation = 1, PaddingModes padding_mode = PaddingModes.Zeros, long groups = 1, bool bias = true, Device? device = null, ScalarType? dtype = null) =>
                new(in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, padding_mode, device, dtype);
        }
    }
}

namespace TorchSharp.Modules
{
    /// <summary>Cross-correlation over [N, C, L] or [C, L].</summary>
    public sealed class Conv1d : Convolution
    {
        internal Conv1d(
            long in_channels, long out_channels, long kernel_size, long stride, long padding, long dilation, long groups, bool bias,
            PaddingModes padding_mode, torch.Device? device, torch.ScalarType? dtype)
            : base(
                nameof(Conv1d), in_channels, out_channels, [kernel_size], [stride], [padding], null, [dilation], groups, bias, padding_mode,
                device, dtype)
        {
        }

        public override torch.Tensor forward(torch.Tensor input) =>
            torch.nn.functional.conv1d(input, weight, bias, stride[0], padding![0], dilation[0], groups);
    }
}
