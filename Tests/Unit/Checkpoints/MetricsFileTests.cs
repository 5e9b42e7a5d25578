using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Runs.Folder;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Unit.Checkpoints;

public sealed class MetricsFileTests
{
    private TempFolder _folder = null!;

    private string File => _folder["metrics.csv"];

    [SetUp]
    public void MakeFolder() => _folder = new TempFolder();

    [TearDown]
    public void DeleteFolder() => _folder.Dispose();

    [Test]
    public void A_continued_file_has_what_was_known_at_the_checkpoint_and_nothing_else()
    {
        using (var metrics = MetricsFile.Create(File))
        {
            metrics.Write(Row("step", epoch: 1, step: 1));
            metrics.Write(Row("step", epoch: 1, step: 2));
            metrics.Write(Row("epoch", epoch: 1, step: 2));
            metrics.Write(Row("step", epoch: 2, step: 3));
            metrics.Write(Row("step", epoch: 2, step: 4));
            metrics.Write(Row("epoch", epoch: 2, step: 4));
            metrics.Flush();
        }

        System.IO.File.AppendAllText(File, "step,3,0,");
        TrainingProgress progress = TrainingProgress.Start with { Epoch = 2, NextBatch = 1, Steps = 3 };
        using (var metrics = MetricsFile.Continue(File, progress))
        {
            metrics.Write(Row("step", epoch: 2, step: 4));
            metrics.Flush();
        }

        Assert.That(
            System.IO.File.ReadAllLines(File).Skip(1).Select(r => string.Join(',', r.Split(',')[..4])),
            Is.EqualTo((string[])["step,1,0,1", "step,1,0,2", "epoch,1,0,2", "step,2,0,3", "step,2,0,4"]));
    }

    [Test]
    public void An_epoch_whose_evaluation_is_to_be_done_again_has_no_row_yet()
    {
        using (var metrics = MetricsFile.Create(File))
        {
            metrics.Write(Row("epoch", epoch: 1, step: 2));
            metrics.Flush();
        }

        MetricsFile.Continue(File, TrainingProgress.Start with { NextBatch = 2, Steps = 2 }).Dispose();
        Assert.That(System.IO.File.ReadAllLines(File), Has.Length.EqualTo(1));
    }

    [Test]
    public void A_file_that_is_lost_is_begun_again()
    {
        MetricsFile.Continue(File, TrainingProgress.Start with { Steps = 2 }).Dispose();
        Assert.That(System.IO.File.ReadAllText(File), Does.StartWith("scope,epoch,batch,step,").And.EndWith(",skipped_rows,test_macro_f1,test_auc,test_rmse,test_mae,test_r2,validation_loss,validation_accuracy\n"));
    }

    [Test]
    public void Rows_of_a_file_with_fewer_columns_go_on_under_their_names()
    {
        System.IO.File.WriteAllText(
            File,
            """
            scope,epoch,batch,step,train_loss,train_accuracy,test_loss,test_accuracy,lr,seconds,samples_per_second,sent_bytes,received_bytes,skipped_rows
            epoch,1,,2,0.5,0.75,0.25,0.875,1,2.5,100,11,12,13
            epoch,1,,2,0.5
            epoch,2,,4,0.5,0.75,0.25,0.875,0.7,2.5,100,11,12,13

            """);
        using (var metrics = MetricsFile.Continue(File, TrainingProgress.Start with { Epoch = 2, Steps = 2 }))
        {
            metrics.Write(new MetricsRow("epoch", 2, null, 4, 1, 1, 0.5, 0.5, 1, 1, 1, 0, 0, 0, 0.625, null));
            metrics.Flush();
        }

        Assert.That(
            System.IO.File.ReadAllLines(File).Skip(1),
            Is.EqualTo((string[])["epoch,1,,2,0.5,0.75,0.25,0.875,1,2.5,100,11,12,13,,,,,,,", "epoch,2,,4,1,1,0.5,0.5,1,1,1,0,0,0,0.625,,,,,,"]));
    }

    private static MetricsRow Row(string scope, int epoch, int step) => new(scope, epoch, 0, step, 1, 1, null, null, 1, 1, 1, 0, 0, 0, null, null);
}
