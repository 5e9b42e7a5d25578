using System.Runtime.InteropServices;
using Google.Protobuf;
using Onnx;

namespace TraversalLearning.Orchestration.Export;

/// <summary>
/// Builds an ONNX graph. Values are named after their layer or column; duplicate names get underscores.
/// </summary>
internal sealed class OnnxGraph
{
    private const string BatchDimension = "N";

    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    /// <summary>Creates an empty graph.</summary>
    /// <param name="name">For display.</param>
    /// <param name="outputs">The names reserved for <see cref="Output"/>.</param>
    public OnnxGraph(string name, params ReadOnlySpan<string> outputs)
    {
        Graph = new GraphProto { Name = name };
        foreach (string output in outputs)
        {
            _names.Add(output);
        }
    }

    /// <summary>The graph built so far.</summary>
    public GraphProto Graph { get; }

    /// <summary>Adds an input <c>[N, sample…]</c>.</summary>
    /// <returns>Its name.</returns>
    public string Input(string name, TensorProto.Types.DataType type, params ReadOnlySpan<long> sample)
    {
        string unique = Unique(name);
        Graph.Input.Add(Value(unique, type, sample));
        return unique;
    }

    /// <summary>Makes a value the output <c>[N, width] float32</c> of that name.</summary>
    public void Output(string name, string value, long width)
    {
        Graph.Node.Add(new NodeProto { Name = name, OpType = "Identity", Input = { value }, Output = { name } });
        Graph.Output.Add(Value(name, TensorProto.Types.DataType.Float, [width]));
    }

    /// <summary>Adds an operator.</summary>
    /// <param name="type">Its name in the ONNX standard.</param>
    /// <param name="of">The layer or column that it helps to compute.</param>
    /// <param name="inputs">Its inputs, in order.</param>
    /// <param name="attributes">Its attributes.</param>
    /// <returns>The name of its output.</returns>
    public string Add(string type, string of, IEnumerable<string> inputs, params ReadOnlySpan<AttributeProto> attributes)
    {
        NodeProto node = NewNode(type, of, inputs, attributes);
        node.Output.Add(node.Name);
        return node.Name;
    }

    /// <summary>Adds an operator and returns its second output.</summary>
    public string AddForSecondOutput(string type, string of, IEnumerable<string> inputs, params ReadOnlySpan<AttributeProto> attributes)
    {
        NodeProto node = NewNode(type, of, inputs, attributes);
        node.Output.Add([string.Empty, node.Name]);
        return node.Name;
    }

    /// <summary>Adds an operator of the domain <c>ai.onnx.ml</c>.</summary>
    public string AddClassic(string type, string of, string input, params ReadOnlySpan<AttributeProto> attributes)
    {
        NodeProto node = NewNode(type, of, [input], attributes);
        node.Domain = OnnxModel.ClassicDomain;
        node.Output.Add(node.Name);
        return node.Name;
    }

    /// <summary>Adds a float32 constant.</summary>
    public string Constant(string name, ReadOnlySpan<float> values, params ReadOnlySpan<long> shape) =>
        Constant(name, TensorProto.Types.DataType.Float, MemoryMarshal.AsBytes(values), shape);

    /// <summary>Adds a float64 constant.</summary>
    public string Constant(string name, ReadOnlySpan<double> values, params ReadOnlySpan<long> shape) =>
        Constant(name, TensorProto.Types.DataType.Double, MemoryMarshal.AsBytes(values), shape);

    /// <summary>Adds an int64 constant.</summary>
    public string Constant(string name, ReadOnlySpan<long> values, params ReadOnlySpan<long> shape) =>
        Constant(name, TensorProto.Types.DataType.Int64, MemoryMarshal.AsBytes(values), shape);

    private static ValueInfoProto Value(string name, TensorProto.Types.DataType type, ReadOnlySpan<long> sample)
    {
        var shape = new TensorShapeProto();
        shape.Dim.Add(new TensorShapeProto.Types.Dimension { DimParam = BatchDimension });
        foreach (long dimension in sample)
        {
            shape.Dim.Add(new TensorShapeProto.Types.Dimension { DimValue = dimension });
        }

        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)type, Shape = shape } } };
    }

    private NodeProto NewNode(string type, string of, IEnumerable<string> inputs, ReadOnlySpan<AttributeProto> attributes)
    {
        var node = new NodeProto { Name = Unique($"{of}/{type}"), OpType = type };
        node.Input.Add(inputs);
        foreach (AttributeProto attribute in attributes)
        {
            node.Attribute.Add(attribute);
        }

        Graph.Node.Add(node);
        return node;
    }

    private string Constant(string name, TensorProto.Types.DataType type, ReadOnlySpan<byte> bytes, ReadOnlySpan<long> shape)
    {
        string unique = Unique(name);
        var tensor = new TensorProto { Name = unique, DataType = (int)type, RawData = ByteString.CopyFrom(bytes) };
        foreach (long dimension in shape)
        {
            tensor.Dims.Add(dimension);
        }

        Graph.Initializer.Add(tensor);
        return unique;
    }

    private string Unique(string name)
    {
        while (!_names.Add(name))
        {
            name += "_";
        }

        return name;
    }
}
