using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using TraversalLearning.Hosting;
using TraversalLearning.Models;
using TraversalLearning.Tensors;

namespace TraversalLearning.Orchestration.Reporting;

/// <summary>What a run leaves: <c>model.safetensors</c>, <c>metrics.csv</c>, <c>run.json</c>, <c>orchestrator.log</c>. The user's own.</summary>
internal sealed class RunFolder
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private RunFolder(string path) => Path = path;

    public string Path { get; }

    public string MetricsPath => System.IO.Path.Combine(Path, "metrics.csv");

    public string LogPath => System.IO.Path.Combine(Path, "orchestrator.log");

    public string ModelPath => System.IO.Path.Combine(Path, "model.safetensors");

    /// <summary>Makes the folder; nothing is written over.</summary>
    /// <param name="path">Where, or <see langword="null"/> for <c>runs/&lt;time&gt;</c>.</param>
    /// <exception cref="UserErrorException">It cannot be made, or holds a run already.</exception>
    public static RunFolder Create(string? path)
    {
        try
        {
            if (path is null)
            {
                string time = DateTime.Now.ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture);
                path = System.IO.Path.Combine("runs", time);
                for (int i = 2; Directory.Exists(path); i++)
                {
                    path = System.IO.Path.Combine("runs", $"{time}-{i}");
                }
            }
            else if (File.Exists(System.IO.Path.Combine(path, "run.json")))
            {
                throw new UserErrorException(ExitCode.Usage, $"'{path}' holds a run already; choose another --output");
            }

            var folder = new RunFolder(System.IO.Path.GetFullPath(path));
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(folder.Path);
            }
            else if (!Directory.Exists(folder.Path))
            {
                Directory.CreateDirectory(folder.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }

            using (File.Create(folder.MetricsPath))
            {
                return folder;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException(ExitCode.TrainingFailed, $"cannot write the run folder '{path}': {e.Message}; choose another --output", e);
        }
    }

    /// <summary>Writes the model under PyTorch's state-dict names.</summary>
    public void WriteModel(FlatParameters parameters, ModelDescription model) => Guarded(ModelPath, () =>
    {
        parameters.ValuesToHost();
        int elementSize = parameters.HostGradient.Type.Size();
        string dtype = parameters.HostGradient.Type == ElementType.Float64 ? "F64" : "F32";
        SafetensorsWriter.Write(
            ModelPath,
            [.. parameters.Layout.Select(p => new SafetensorsTensor(
                p.Name, dtype, p.Shape, parameters.ValueBytes.Slice((int)p.Offset * elementSize, (int)p.Count * elementSize)))],
            new Dictionary<string, string>(StringComparer.Ordinal) { ["format"] = "pt", ["model"] = model.ToJson() });
    });

    /// <summary>Writes options, versions and results.</summary>
    public void WriteSummary(JsonObject summary)
    {
        string path = System.IO.Path.Combine(Path, "run.json");
        Guarded(path, () =>
        {
            string temporary = path + ".tmp";
            File.WriteAllText(temporary, summary.ToJsonString(Indented) + "\n");
            File.Move(temporary, path, overwrite: true);
        });
    }

    private static void Guarded(string path, Action write)
    {
        try
        {
            write();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException(ExitCode.TrainingFailed, $"cannot write '{path}': {e.Message}", e);
        }
    }
}
