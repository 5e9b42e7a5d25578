using TorchSharp.Interop;
using TorchSharp.Modules;

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            /// <summary>A table of vectors, looked up by int64 numbers; initial values as PyTorch draws them.</summary>
            public static Embedding Embedding(long num_embeddings, long embedding_dims, long? padding_idx = null, double? max_norm = null, double norm_type = 2.0, bool scale_grad_by_freq = false, bool sparse = false, Device? device = null, ScalarType? dtype = null) =>
                padding_idx is null && max_norm is null && !scale_grad_by_freq && !sparse
                    ? new(num_embeddings, embedding_dims, device, dtype)
                    : throw new NotSupportedException("embeddings with a padding index, a norm, scaled or sparse gradients");
        }
    }
}

namespace TorchSharp.Modules
{
    public sealed class Embedding : torch.nn.Module<torch.Tensor, torch.Tensor>
    {
        private static readonly Op s_embedding = new("aten::embedding");
        private Parameter? _weight;

        internal Embedding(long num_embeddings, long embedding_dims, torch.Device? device, torch.ScalarType? dtype)
            : base(nameof(Embedding))
        {
            weight = torch.empty(num_embeddings, embedding_dims, dtype, device).AsParameter();
            torch.nn.init.normal_(weight);
        }

        public Parameter? weight
        {
            get => _weight;
            set => SetParameter(nameof(weight), _weight = value ?? throw new ArgumentNullException(nameof(value)));
        }

        public override torch.Tensor forward(torch.Tensor input) => s_embedding.Call(_weight, input);
    }
}
