using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace TraversalLearning.Tests.Support;

/// <summary>Runs ONNX files in ONNX Runtime, on the CPU.</summary>
internal sealed class OnnxRuns : IDisposable
{
    private readonly InferenceSession _session;

    public OnnxRuns(string path) => _session = new InferenceSession(path);

    /// <summary>What the file says of itself.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _session.ModelMetadata.CustomMetadataMap;

    /// <summary>Names, element types and dimensions of the inputs; -1 is any.</summary>
    public IEnumerable<string> Inputs => _session.InputMetadata.Select(i => $"{i.Key} {i.Value.ElementType.Name} [{string.Join(",", i.Value.Dimensions)}]");

    /// <summary>An input.</summary>
    public static NamedOnnxValue Input<T>(string name, T[] values, params int[] shape) => NamedOnnxValue.CreateFromTensor(name, new DenseTensor<T>(values, shape));

    /// <summary>The values of each output, row by row.</summary>
    public Dictionary<string, float[]> Run(params NamedOnnxValue[] inputs)
    {
        using IDisposableReadOnlyCollection<DisposableNamedOnnxValue> outputs = _session.Run(inputs);
        return outputs.ToDictionary(o => o.Name, o => o.AsTensor<float>().ToArray(), StringComparer.Ordinal);
    }

    public void Dispose() => _session.Dispose();
}
