// 扫一扫: a picture of a code, chosen, dropped or pasted, or the link itself.

import { scanPicture } from "./api.js";
import { h, icon } from "./dom.js";
import { layer, toast } from "./layers.js";

const SIDE = 1600;
const SMALL = 700;

/** The picture on white, as PNG: codes may come as SVG or with a transparent ground. */
async function asPng(blob) {
  const url = URL.createObjectURL(blob);
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const longest = Math.max(image.naturalWidth, image.naturalHeight) || SMALL;
    const scale = Math.min(SIDE, Math.max(SMALL, longest)) / longest;
    const width = Math.round((image.naturalWidth || SMALL) * scale);
    const height = Math.round((image.naturalHeight || SMALL) * scale);
    const margin = 40;
    const canvas = document.createElement("canvas");
    canvas.width = width + 2 * margin;
    canvas.height = height + 2 * margin;
    const context = canvas.getContext("2d");
    context.fillStyle = "#fff";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.imageSmoothingEnabled = scale < 1;
    context.drawImage(image, margin, margin, width, height);
    return await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** Gives the link, or null when the person closes it. */
export function scan() {
  return new Promise((resolve) => {
    const done = (link) => {
      removeEventListener("paste", onPaste);
      gone();
      resolve(link);
    };
    const look = async (blob) => {
      note.textContent = "正在识别…";
      try {
        const { link } = await scanPicture(await asPng(blob));
        done(link);
      } catch (error) {
        note.textContent = error.message?.startsWith("没有认出") ? error.message : "这张图片打不开，请换一张。";
      }
    };
    const onPaste = (event) => {
      const file = [...(event.clipboardData?.files ?? [])].find((one) => one.type.startsWith("image/"));
      if (file) { event.preventDefault(); look(file); }
    };
    const onDrop = (event) => {
      event.preventDefault();
      const file = event.dataTransfer?.files?.[0];
      const words = event.dataTransfer?.getData("text/uri-list") || event.dataTransfer?.getData("text/plain");
      if (file) look(file);
      else if (words) done(words.trim());
    };
    const file = h("input", {
      type: "file", accept: "image/*", id: "scan-file", hidden: true,
      onchange: () => { if (file.files[0]) look(file.files[0]); },
    });
    const link = h("input", { type: "text", id: "scan-link", placeholder: "或者粘贴二维码里的链接", autocomplete: "off" });
    const note = h("p.note", { role: "status" }, "选一张二维码图片，或者把截图拖进来、粘贴进来");
    const gone = layer(h("section.scan", {
      role: "dialog", "aria-label": "扫一扫",
      ondragover: (event) => event.preventDefault(), ondrop: onDrop,
    },
      h("header.bar.dark", {}, h("button.left", { "aria-label": "关闭", onclick: () => done(null) }, icon("close")),
        h("h1", {}, "扫一扫"), h("span.right")),
      h("div.viewfinder", { "aria-hidden": "true" }, h("i"), h("i"), h("i"), h("i"), h("span.beam")),
      note,
      h("label.green", { for: "scan-file" }, "选择二维码图片"), file,
      h("form", {
        onsubmit: (event) => {
          event.preventDefault();
          if (link.value.trim()) done(link.value.trim());
          else toast("请先粘贴链接");
        },
      }, link, h("button.green", { type: "submit" }, "打开"))));
    addEventListener("paste", onPaste);
  });
}
