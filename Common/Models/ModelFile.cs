using TorchSharp;
using TraversalLearning.Tensors;
using static TorchSharp.torch;

namespace TraversalLearning.Models;

/// <summary>θ and the model's buffers as a safetensors file, each tensor under PyTorch's state-dict name.</summary>
public static class ModelFile
{
    /// <summary>Writes θ and the buffers; replaces a file of that name as a whole.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void Write(string path, FlatParameters parameters, ModelDescription model)
    {
        parameters.ValuesToHost();
        string dtype = DtypeOf(parameters.HostGradient.Type);
        var tensors = new List<SafetensorsTensor>(parameters.Layout.Select(p => new SafetensorsTensor(p.Name, dtype, p.Shape, BytesOf(parameters, p))));
        var hosts = new List<IDisposable>();
        try
        {
            using DisposeScope scope = NewDisposeScope();
            foreach ((string name, Tensor buffer) in parameters.Buffers)
            {
                var host = new HostTensor(buffer.detach().cpu().contiguous());
                hosts.Add(host);
                tensors.Add(new SafetensorsTensor(name, DtypeOf(buffer.dtype), host.Shape, host.Memory));
            }

            SafetensorsWriter.Write(
                path, tensors, new Dictionary<string, string>(StringComparer.Ordinal) { ["format"] = "pt", ["model"] = model.ToJson() });
        }
        finally
        {
            hosts.ForEach(h => h.Dispose());
        }
    }

    /// <summary>Reads θ and the buffers from a file that <see cref="Write"/> made of the same model.</summary>
    /// <exception cref="SafetensorsException">The file is damaged, or of another model; θ and the buffers may have changed in part.</exception>
    public static void Read(string path, FlatParameters parameters)
    {
        string dtype = DtypeOf(parameters.HostGradient.Type);
        using SafetensorsReader file = SafetensorsReader.Open(path);
        int expected = parameters.Layout.Count + parameters.Buffers.Count;
        if (file.Tensors.Count != expected)
        {
            throw new SafetensorsException(path, $"has {file.Tensors.Count} tensors, the model {expected}");
        }

        foreach (ParameterSlice slice in parameters.Layout)
        {
            SafetensorsEntry entry = file.Require(slice.Name, dtype, slice.Shape);
            file.Read(entry, BytesOf(parameters, slice).Span);
        }

        using DisposeScope scope = NewDisposeScope();
        foreach ((string name, Tensor buffer) in parameters.Buffers)
        {
            Tensor host = empty(buffer.shape, dtype: buffer.dtype, device: CPU);
            file.Read(file.Require(name, DtypeOf(buffer.dtype), buffer.shape), host.bytes);
            buffer.copy_(host);
        }

        parameters.ValuesFromHost();
    }

    /// <summary>The format's spelling of an element type.</summary>
    public static string DtypeOf(ElementType type) => type == ElementType.Float64 ? "F64" : "F32";

    private static string DtypeOf(ScalarType type) => type == ScalarType.Int64 ? "I64" : DtypeOf(type.ToElementType());

    private static Memory<byte> BytesOf(FlatParameters parameters, ParameterSlice slice)
    {
        int size = parameters.HostGradient.Type.Size();
        return parameters.ValueBytes.Slice((int)slice.Offset * size, (int)slice.Count * size);
    }
}
