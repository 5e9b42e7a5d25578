namespace TorchSharp
{
    public enum PaddingModes
    {
        Zeros = 0,
        Reflect = 1,
        Replicate = 2,
        Circular = 3,
        Constant = 4,
    }

    public enum Padding
    {
        Valid = 0,
        Same = 1,
    }
}

namespace TorchSharp.Modules
{
    /// <summary>What the convolutions share: shapes, parameters, initial values as PyTorch draws them.</summary>
    public abstract class Convolution : torch.nn.Module<torch.Tensor, torch.Tensor>
    {
        private Parameter _weight;
        private Parameter? _bias;

        private protected Convolution(
            string name, long in_channels, long out_channels, long[] kernel_size, long[] stride, long[]? padding,
            Padding? padding_type, long[] dilation, long groups, bool bias, PaddingModes padding_mode,
            torch.Device? device, torch.ScalarType? dtype)
            : base(name)
        {
            if (padding_mode != PaddingModes.Zeros) throw new NotSupportedException("padding modes other than zeros");
            this.in_channels = in_channels;
            this.out_channels = out_channels;
            this.kernel_size = kernel_size;
            this.stride = stride;
            this.padding = padding;
            this.padding_type = padding_type;
            this.dilation = dilation;
            this.groups = groups;
            long[] shape = [out_channels, in_channels / groups, .. kernel_size];
            weight = _weight = torch.empty(shape, dtype, device).AsParameter();
            if (bias) this.bias = torch.empty(out_channels, dtype, device).AsParameter();
            torch.nn.init.ResetAffine(_weight, _bias);
        }

        public long in_channels { get; }

        public long out_channels { get; }

        public long[] kernel_size { get; set; }

        public long[] stride { get; set; }

        public long[]? padding { get; }

        public Padding? padding_type { get; }

        public long[] dilation { get; set; }

        public long groups { get; set; }

        public PaddingModes padding_mode { get; set; }

        /// <summary>Setting it disposes the old parameter.</summary>
        public Parameter weight
        {
            get => _weight;
            set => SetParameter(nameof(weight), _weight = value ?? throw new ArgumentNullException(nameof(value)));
        }

        public Parameter? bias
        {
            get => _bias;
            set => SetParameter(nameof(bias), _bias = value);
        }
    }
}
