using TorchSharp.Modules;

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            public static BatchNorm1d BatchNorm1d(long num_features, double eps = 1e-05, double momentum = 0.1, bool affine = true, bool track_running_stats = true, Device? device = null, ScalarType? dtype = null) =>
                new(num_features, eps, momentum, affine, track_running_stats, device, dtype);

            public static BatchNorm2d BatchNorm2d(long num_features, double eps = 1e-05, double momentum = 0.1, bool affine = true, bool track_running_stats = true, Device? device = null, ScalarType? dtype = null) =>
                new(num_features, eps, momentum, affine, track_running_stats, device, dtype);

            /// <summary>Weight and bias are left as they are allocated, as in TorchSharp 0.105: fill them.</summary>
            public static GroupNorm GroupNorm(long num_groups, long num_channels, double eps = 1e-05, bool affine = true, Device? device = null, ScalarType? dtype = null) =>
                new(num_groups, num_channels, eps, affine, device, dtype);

            public static LayerNorm LayerNorm(long[] normalized_shape, double eps = 1e-05, bool elementwise_affine = true, bool bias = true, Device? device = null, ScalarType? dtype = null) =>
                new(normalized_shape, eps, elementwise_affine, bias, device, dtype);

            public static LayerNorm LayerNorm(long normalized_shape, double eps = 1e-05, bool elementwise_affine = true, bool bias = true, Device? device = null, ScalarType? dtype = null) =>
                new([normalized_shape], eps, elementwise_affine, bias, device, dtype);
        }
    }
}

namespace TorchSharp.Modules
{
    public sealed class GroupNorm : torch.nn.Module<torch.Tensor, torch.Tensor>
    {
        private Parameter? _weight;
        private Parameter? _bias;

        internal GroupNorm(long num_groups, long num_channels, double eps, bool affine, torch.Device? device, torch.ScalarType? dtype)
            : base(nameof(GroupNorm))
        {
            this.num_groups = num_groups;
            this.eps = eps;
            this.affine = affine;
            if (!affine) return;
            weight = torch.empty(num_channels, dtype, device).AsParameter();
            bias = torch.empty(num_channels, dtype, device).AsParameter();
        }

        public long num_groups { get; set; }

        public double eps { get; set; }

        public bool affine { get; set; }

        public Parameter weight
        {
            get => _weight!;
            set => SetParameter(nameof(weight), _weight = value ?? throw new ArgumentNullException(nameof(value)));
        }

        public Parameter? bias
        {
            get => _bias;
            set => SetParameter(nameof(bias), _bias = value);
        }

        public override torch.Tensor forward(torch.Tensor tensor) =>
            tensor.ndim < 3
                ? throw new ArgumentException($"Invalid number of dimensions for GroupNorm argument: {tensor.ndim}")
                : torch.nn.functional.group_norm(tensor, num_groups, _weight, _bias, eps);
    }

    public sealed class LayerNorm : torch.nn.Module<torch.Tensor, torch.Tensor>
    {
        private Parameter? _weight;
        private Parameter? _bias;

        internal LayerNorm(long[] normalized_shape, double eps, bool elementwise_affine, bool bias, torch.Device? device, torch.ScalarType? dtype)
            : base(nameof(LayerNorm))
        {
            this.normalized_shape = normalized_shape;
            this.eps = eps;
            this.elementwise_affine = elementwise_affine;
            if (elementwise_affine)
            {
                weight = torch.empty(normalized_shape, dtype, device).AsParameter();
                if (bias) this.bias = torch.empty(normalized_shape, dtype, device).AsParameter();
            }

            reset_parameters();
        }

        public long[] normalized_shape { get; set; }

        public double eps { get; set; }

        public bool elementwise_affine { get; set; }

        public Parameter weight
        {
            get => _weight!;
            set => SetParameter(nameof(weight), _weight = value ?? throw new ArgumentNullException(nameof(value)));
        }

        public Parameter? bias
        {
            get => _bias;
            set => SetParameter(nameof(bias), _bias = value);
        }

        public void reset_parameters()
        {
            if (_weight is not null) torch.nn.init.ones_(_weight);
            if (_bias is not null) torch.nn.init.zeros_(_bias);
        }

        public override torch.Tensor forward(torch.Tensor tensor) => torch.nn.functional.layer_norm(tensor, normalized_shape, _weight, _bias, eps);
    }
}
