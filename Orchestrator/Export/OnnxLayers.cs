using System.Diagnostics;
using TraversalLearning.Models.Layers;
using TraversalLearning.Orchestration.Training.Model;

namespace TraversalLearning.Orchestration.Export;

/// <summary>Converts every kind of layer to ONNX operators, in evaluation mode.</summary>
/// <param name="graph">Receives the operators.</param>
/// <param name="tensors">Parameters and buffers by their state-dict names.</param>
internal sealed class OnnxLayers(OnnxGraph graph, IReadOnlyDictionary<string, TrainedTensor> tensors)
{
    // PyTorch's default eps, used by every norm here.
    private const float Epsilon = 1e-5f;

    // PyTorch's LSTM orders its gates input, forget, cell, output; ONNX input, output, forget, cell.
    private static readonly int[] GateOrder = [0, 3, 1, 2];

    /// <summary>Adds consecutive layers.</summary>
    /// <param name="layers">In order; already validated.</param>
    /// <param name="input">The value before them.</param>
    /// <param name="shape">Shape of one sample at that point.</param>
    /// <param name="prefix">Prefix of their names: the enclosing block and a dot.</param>
    /// <returns>The value after them.</returns>
    public string Add(IEnumerable<LayerDescription> layers, string input, long[] shape, string prefix = "")
    {
        foreach (LayerDescription layer in layers)
        {
            input = Add(layer with { Name = prefix + layer.Name }, input, shape);
            shape = layer.OutputShape(shape);
        }

        return input;
    }

    private string Add(LayerDescription layer, string x, long[] shape) => layer switch
    {
        LinearLayer => graph.Add("Gemm", layer.Name, [x, .. WeightAndBias(layer)], OnnxAttribute.Of("transB", 1)),
        ConvolutionLayer convolution => Convolution(convolution, x, shape.Length - 1),
        BatchNormLayer => graph.Add(
            "BatchNormalization",
            layer.Name,
            [x, .. WeightAndBias(layer), Parameter($"{layer.Name}.running_mean"), Parameter($"{layer.Name}.running_var")],
            OnnxAttribute.Of("epsilon", Epsilon)),
        GroupNormLayer norm => GroupNorm(norm, x, shape),
        LayerNormLayer => graph.Add("LayerNormalization", layer.Name, [x, .. WeightAndBias(layer)], OnnxAttribute.Of("axis", -1), OnnxAttribute.Of("epsilon", Epsilon)),
        ReluLayer => graph.Add("Relu", layer.Name, [x]),
        GeluLayer => Gelu(layer.Name, x),
        TanhLayer => graph.Add("Tanh", layer.Name, [x]),
        DropoutLayer => x,
        MaxPool1dLayer pool => Pool("MaxPool", pool.Name, x, [pool.Kernel]),
        MaxPool2dLayer pool => Pool("MaxPool", pool.Name, x, [pool.Kernel, pool.Kernel]),
        AvgPool2dLayer pool => Pool("AveragePool", pool.Name, x, [pool.Kernel, pool.Kernel]),
        AdaptiveAvgPool2dLayer pool => AdaptiveAverage(pool, x, shape),
        GlobalMeanLayer => graph.Add("ReduceMean", layer.Name, [x], OnnxAttribute.Of("axes", Enumerable.Range(2, shape.Length - 1).Select(a => (long)a)), OnnxAttribute.Of("keepdims", 0)),
        FlattenLayer => graph.Add("Flatten", layer.Name, [x], OnnxAttribute.Of("axis", 1)),
        TransposeLayer => graph.Add("Transpose", layer.Name, [x], OnnxAttribute.Of("perm", [0L, 2, 1])),
        EmbeddingLayer => graph.Add("Gather", layer.Name, [Parameter($"{layer.Name}.weight"), x], OnnxAttribute.Of("axis", 0)),
        LstmLayer lstm => Lstm(lstm, x),
        ResidualLayer block => Residual(block, x, shape),
        _ => throw new UnreachableException($"No ONNX operators for {layer.GetType().Name}."),
    };

    private string Convolution(ConvolutionLayer layer, string x, int dimensions) => graph.Add(
        "Conv",
        layer.Name,
        [x, .. WeightAndBias(layer)],
        OnnxAttribute.Of("strides", Enumerable.Repeat(layer.Stride, dimensions)),
        OnnxAttribute.Of("pads", Enumerable.Repeat(layer.Padding, 2 * dimensions)));

    private string Pool(string type, string name, string x, long[] kernel) =>
        graph.Add(type, name, [x], OnnxAttribute.Of("kernel_shape", kernel), OnnxAttribute.Of("strides", kernel));

    // GroupNormalization requires opset 18: here each group is one channel of an instance norm.
    private string GroupNorm(GroupNormLayer layer, string x, long[] shape)
    {
        string name = layer.Name;
        int groups = (int)layer.Groups;
        string scale = graph.Constant($"{name}.ones", Enumerable.Repeat(1f, groups).ToArray(), groups);
        string zeros = graph.Constant($"{name}.zeros", new float[groups], groups);
        string grouped = Reshape(name, x, [0, groups, -1]);
        string normalised = graph.Add("InstanceNormalization", name, [grouped, scale, zeros], OnnxAttribute.Of("epsilon", Epsilon));
        long[] perChannel = [layer.Channels, .. Enumerable.Repeat(1L, shape.Length - 1)];
        string scaled = graph.Add("Mul", name, [Reshape(name, normalised, [0, .. shape]), Parameter($"{name}.weight", perChannel)]);
        return graph.Add("Add", name, [scaled, Parameter($"{name}.bias", perChannel)]);
    }

    // Gelu requires opset 20: x · (1 + erf(x / √2)) / 2.
    private string Gelu(string name, string x)
    {
        string root = graph.Constant($"{name}.root", [MathF.Sqrt(2)]);
        string one = graph.Constant($"{name}.one", [1f]);
        string half = graph.Constant($"{name}.half", [0.5f]);
        string erf = graph.Add("Erf", name, [graph.Add("Div", name, [x, root])]);
        return graph.Add("Mul", name, [graph.Add("Mul", name, [x, graph.Add("Add", name, [erf, one])]), half]);
    }

    // ONNX has no pooling with overlapping windows of different sizes; a weight matrix per dimension is equivalent.
    private string AdaptiveAverage(AdaptiveAvgPool2dLayer layer, string x, long[] shape)
    {
        string rows = graph.Constant($"{layer.Name}.rows", WindowShares(layer.Size, shape[1], transposed: false), layer.Size, shape[1]);
        string columns = graph.Constant($"{layer.Name}.columns", WindowShares(layer.Size, shape[2], transposed: true), shape[2], layer.Size);
        return graph.Add("MatMul", layer.Name, [graph.Add("MatMul", layer.Name, [rows, x]), columns]);
    }

    /// <summary>
    /// The weights of <paramref name="length"/> positions in each of <paramref name="windows"/> means: <c>[windows,
    /// length]</c>, or transposed.
    /// </summary>
    private static float[] WindowShares(long windows, long length, bool transposed)
    {
        float[] shares = new float[windows * length];
        for (long window = 0; window < windows; window++)
        {
            long start = window * length / windows;
            long end = (((window + 1) * length) + windows - 1) / windows;
            for (long place = start; place < end; place++)
            {
                shares[transposed ? (place * windows) + window : (window * length) + place] = 1f / (end - start);
            }
        }

        return shares;
    }

    private string Lstm(LstmLayer layer, string x)
    {
        string name = layer.Name;
        string steps = graph.Add("Transpose", name, [x], OnnxAttribute.Of("perm", [1L, 0, 2]));
        string input = graph.Constant($"{name}.W", Gates(layer, "weight_ih_l0"), 1, 4 * layer.Hidden, layer.In);
        string hidden = graph.Constant($"{name}.R", Gates(layer, "weight_hh_l0"), 1, 4 * layer.Hidden, layer.Hidden);
        string bias = graph.Constant($"{name}.B", [.. Gates(layer, "bias_ih_l0"), .. Gates(layer, "bias_hh_l0")], 1, 8 * layer.Hidden);
        string last = graph.AddForSecondOutput("LSTM", name, [steps, input, hidden, bias], OnnxAttribute.Of("hidden_size", layer.Hidden));
        return graph.Add("Squeeze", name, [last, graph.Constant($"{name}.axes", [0L], 1)]);
    }

    private float[] Gates(LstmLayer layer, string parameter)
    {
        float[] values = tensors[$"{layer.Name}.{parameter}"].Values;
        int size = values.Length / GateOrder.Length;
        return [.. GateOrder.SelectMany(gate => values.AsSpan(gate * size, size).ToArray())];
    }

    private string Residual(ResidualLayer block, string x, long[] shape)
    {
        string prefix = $"{block.Name}.";
        string sum = graph.Add("Add", block.Name, [Add(block.Body, x, shape, prefix), Add(block.Shortcut ?? [], x, shape, prefix)]);
        return block.Relu ? graph.Add("Relu", block.Name, [sum]) : sum;
    }

    private string Reshape(string name, string x, long[] shape) => graph.Add("Reshape", name, [x, graph.Constant($"{name}.shape", shape, shape.Length)]);

    private IEnumerable<string> WeightAndBias(LayerDescription layer) =>
        tensors.ContainsKey($"{layer.Name}.bias") ? [Parameter($"{layer.Name}.weight"), Parameter($"{layer.Name}.bias")] : [Parameter($"{layer.Name}.weight")];

    private string Parameter(string name, long[]? shape = null) => graph.Constant(name, tensors[name].Values, shape ?? tensors[name].Shape);
}
