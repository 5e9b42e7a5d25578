using TraversalLearning.Tensors;

namespace TraversalLearning.Models;

/// <summary>θ as a safetensors file, every parameter under PyTorch's state-dict name.</summary>
public static class ModelFile
{
    /// <summary>Writes θ; replaces a file of that name as a whole.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void Write(string path, FlatParameters parameters, ModelDescription model)
    {
        parameters.ValuesToHost();
        ElementType type = parameters.HostGradient.Type;
        SafetensorsWriter.Write(
            path,
            [.. parameters.Layout.Select(p => new SafetensorsTensor(p.Name, DtypeOf(type), p.Shape, BytesOf(parameters, p)))],
            new Dictionary<string, string>(StringComparer.Ordinal) { ["format"] = "pt", ["model"] = model.ToJson() });
    }

    /// <summary>Reads θ from a file that <see cref="Write"/> made of the same model.</summary>
    /// <exception cref="SafetensorsException">The file is damaged, or of another model; θ may have changed in part.</exception>
    public static void Read(string path, FlatParameters parameters)
    {
        ElementType type = parameters.HostGradient.Type;
        using SafetensorsReader file = SafetensorsReader.Open(path);
        if (file.Tensors.Count != parameters.Layout.Count)
        {
            throw new SafetensorsException(path, $"has {file.Tensors.Count} tensors, the model {parameters.Layout.Count}");
        }

        foreach (ParameterSlice slice in parameters.Layout)
        {
            SafetensorsEntry entry = file.Require(slice.Name, DtypeOf(type), slice.Shape);
            file.Read(entry, BytesOf(parameters, slice).Span);
        }

        parameters.ValuesFromHost();
    }

    /// <summary>The format's spelling of an element type.</summary>
    public static string DtypeOf(ElementType type) => type == ElementType.Float64 ? "F64" : "F32";

    private static Memory<byte> BytesOf(FlatParameters parameters, ParameterSlice slice)
    {
        int size = parameters.HostGradient.Type.Size();
        return parameters.ValueBytes.Slice((int)slice.Offset * size, (int)slice.Count * size);
    }
}
