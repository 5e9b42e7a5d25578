using TraversalLearning.Files;
using TraversalLearning.Hosting;
using TraversalLearning.Models;
using TraversalLearning.Orchestration.Training.Model;

namespace TraversalLearning.Orchestration.Runs.Checkpoints;

/// <summary>
/// The model of the best epoch so far, as a file in the run folder. Every checkpoint holds a copy, so that a run
/// resumed from it has the best model up to that point, whatever came later.
/// </summary>
/// <param name="runFolder">The folder of the file.</param>
internal sealed class BestModel(string runFolder)
{
    private const string FileName = "best.safetensors";

    private string FilePath => Path.Combine(runFolder, FileName);

    /// <summary>Saves the current model as the best.</summary>
    /// <exception cref="UserErrorException">The file cannot be written, so the run could not finish with
    /// it.</exception>
    public void Write(ModelManager model) => Guarded(() =>
        ModelFile.Write(FilePath, model.Parameters, model.Header));

    /// <summary>Copies the file into a checkpoint.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void CopyTo(string folder)
    {
        if (File.Exists(FilePath))
        {
            PrivateFiles.WriteDurably(Path.Combine(folder, FileName), File.ReadAllBytes(FilePath));
        }
    }

    /// <summary>
    /// Copies the file back from a checkpoint; a checkpoint without one dates from before the end of the first epoch.
    /// </summary>
    /// <exception cref="UserErrorException">The file cannot be written.</exception>
    public void TakeFrom(string folder) => Guarded(() =>
    {
        string copy = Path.Combine(folder, FileName);
        File.Delete(FilePath);
        if (File.Exists(copy))
        {
            PrivateFiles.WriteDurably(FilePath, File.ReadAllBytes(copy));
        }
    });

    /// <summary>Restores the best epoch's values to the model.</summary>
    /// <exception cref="UserErrorException">The file is missing or damaged.</exception>
    public void Restore(ModelManager model) => ErrorTable.RestoringModel.Guard(
        () => ModelFile.Read(FilePath, model.Parameters), e => $"the model of the best epoch cannot be read: {e.Message}");

    private void Guarded(Action write) => ErrorTable.Writing.Guard(write, e => $"cannot write '{FilePath}': {e.Message}");
}
