using TorchSharp.Modules;

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            /// <summary>x Wᵀ + b with W of [outputSize, inputSize]; initial values as PyTorch draws them.</summary>
            public static Linear Linear(long inputSize, long outputSize, bool hasBias = true, Device? device = null, ScalarType? dtype = null) =>
                new(inputSize, outputSize, hasBias, device, dtype);

            public static Linear Linear(Parameter weight, Parameter? bias = null) => new(weight, bias);
        }
    }
}

namespace TorchSharp.Modules
{
    public sealed class Linear : torch.nn.Module<torch.Tensor, torch.Tensor>
    {
        private Parameter _weight;
        private Parameter? _bias;

        internal Linear(Parameter weight, Parameter? bias)
            : base(nameof(Linear))
        {
            in_features = weight.shape[1];
            out_features = weight.shape[0];
            this.weight = _weight = weight;
            this.bias = bias;
        }

        internal Linear(long inputSize, long outputSize, bool hasBias, torch.Device? device, torch.ScalarType? dtype)
            : this(
                torch.empty(outputSize, inputSize, dtype, device).AsParameter(),
                hasBias ? torch.empty(outputSize, dtype, device).AsParameter() : null) =>
            torch.nn.init.ResetAffine(_weight, _bias);

        public long in_features { get; set; }

        public long out_features { get; set; }

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

        public override torch.Tensor forward(torch.Tensor tensor) => torch.nn.functional.linear(tensor, _weight, _bias);
    }
}
