using TraversalLearning.Files;
using TraversalLearning.Hosting;
using TraversalLearning.Models;
using TraversalLearning.Orchestration.Training.Model;

namespace TraversalLearning.Orchestration.Runs.Checkpoints;

/// <summary>
/// The model of the best epoch so far, as a file in the run folder, of which every checkpoint has a copy: a run that goes on from one has the best up
/// to there, whatever came after.
/// </summary>
/// <param name="runFolder">Where the file is.</param>
internal sealed class BestModel(string runFolder)
{
    private const string FileName = "best.safetensors";

    private string FilePath => Path.Combine(runFolder, FileName);

    /// <summary>This is the best.</summary>
    /// <exception cref="UserErrorException">It cannot be written: the run could not end with it.</exception>
    public void Write(ModelManager model) => Guarded(() =>
        ModelFile.Write(FilePath, model.Parameters, model.Header));

    /// <summary>Into a checkpoint.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void CopyTo(string folder)
    {
        if (File.Exists(FilePath))
        {
            PrivateFiles.WriteDurably(Path.Combine(folder, FileName), File.ReadAllBytes(FilePath));
        }
    }

    /// <summary>Back from a checkpoint; one that has none is of before the first epoch's end.</summary>
    /// <exception cref="UserErrorException">It cannot be written.</exception>
    public void TakeFrom(string folder) => Guarded(() =>
    {
        string copy = Path.Combine(folder, FileName);
        File.Delete(FilePath);
        if (File.Exists(copy))
        {
            PrivateFiles.WriteDurably(FilePath, File.ReadAllBytes(copy));
        }
    });

    /// <summary>Gives the model the values of the best epoch.</summary>
    /// <exception cref="UserErrorException">The file is gone or damaged.</exception>
    public void Restore(ModelManager model) => ErrorTable.RestoringModel.Guard(
        () => ModelFile.Read(FilePath, model.Parameters), e => $"the model of the best epoch cannot be read: {e.Message}");

    private void Guarded(Action write) => ErrorTable.Writing.Guard(write, e => $"cannot write '{FilePath}': {e.Message}");
}
