using TorchSharp.Interop;
using TorchSharp.Modules;

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            public static LSTM LSTM(long inputSize, long hiddenSize, long numLayers = 1, bool bias = true, bool batchFirst = false, double dropout = 0.0, bool bidirectional = false, Device? device = null, ScalarType? dtype = null) =>
                new(inputSize, hiddenSize, numLayers, bias, batchFirst, dropout, bidirectional, device, dtype);
        }
    }
}

namespace TorchSharp.Modules
{
    /// <summary>Long short-term memory over [t, N, in], or [N, t, in] with the batch first; initial values as PyTorch draws them.</summary>
    public sealed class LSTM : torch.nn.Module<torch.Tensor, (torch.Tensor, torch.Tensor)?, (torch.Tensor, torch.Tensor, torch.Tensor)>
    {
        private static readonly Op s_lstm = new("aten::lstm", "input");
        private readonly long _hiddenSize;
        private readonly long _numLayers;
        private readonly bool _bias;
        private readonly bool _batchFirst;
        private readonly double _dropout;
        private readonly bool _bidirectional;

        internal LSTM(
            long inputSize, long hiddenSize, long numLayers, bool bias, bool batchFirst, double dropout, bool bidirectional,
            torch.Device? device, torch.ScalarType? dtype)
            : base(nameof(LSTM))
        {
            _hiddenSize = hiddenSize;
            _numLayers = numLayers;
            _bias = bias;
            _batchFirst = batchFirst;
            _dropout = dropout;
            _bidirectional = bidirectional;
            string[] directions = bidirectional ? ["", "_reverse"] : [""];
            for (long layer = 0; layer < numLayers; layer++)
            {
                foreach (string direction in directions)
                {
                    string suffix = $"l{layer}{direction}";
                    long input = layer == 0 ? inputSize : hiddenSize * directions.Length;
                    Add($"weight_ih_{suffix}", 4 * hiddenSize, input);
                    Add($"weight_hh_{suffix}", 4 * hiddenSize, hiddenSize);
                    if (!bias) continue;
                    Add($"bias_ih_{suffix}", 4 * hiddenSize);
                    Add($"bias_hh_{suffix}", 4 * hiddenSize);
                }
            }

            double bound = hiddenSize > 0 ? 1 / Math.Sqrt(hiddenSize) : 0;
            foreach (Parameter parameter in parameters()) torch.nn.init.uniform_(parameter, -bound, bound);
            void Add(string name, params long[] shape) => SetParameter(name, torch.empty(shape, dtype, device).AsParameter());
        }

        public override (torch.Tensor, torch.Tensor, torch.Tensor) forward(torch.Tensor input, (torch.Tensor, torch.Tensor)? h0_c0)
        {
            if (h0_c0 is { } given) return Run(input, given.Item1, given.Item2);
            long[] shape = [(_bidirectional ? 2 : 1) * _numLayers, input.shape[_batchFirst ? 0 : 1], _hiddenSize];
            using torch.Tensor zeros = torch.zeros(shape, input.dtype, input.device);
            return Run(input, zeros, zeros);
        }

        public new (torch.Tensor, torch.Tensor, torch.Tensor) call(torch.Tensor input, (torch.Tensor, torch.Tensor)? h0_c0 = null) => base.call(input, h0_c0);

        private (torch.Tensor, torch.Tensor, torch.Tensor) Run(torch.Tensor input, torch.Tensor h0, torch.Tensor c0)
        {
            torch.Tensor[] state = [h0, c0], weights = [.. parameters()];
            return s_lstm.CallTriple(input, state, weights, _bias, _numLayers, _dropout, training, _bidirectional, _batchFirst);
        }
    }
}
